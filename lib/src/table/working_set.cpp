#include "table/working_set.hpp"

#include "table/merged_cursor.hpp"

#include <algorithm>
#include <utility>

namespace paperboy::tables
{
namespace
{

constexpr std::size_t first_pending_capacity = 64;

// A change or a look adds one entry at most; of those that the hand meets, most are clean but some were used.
constexpr std::size_t steps_per_change = 16;

// A large value would push out many others; the store's own cache has it.
[[nodiscard]] bool worth_remembering(std::size_t size, std::size_t limit) noexcept
{
    constexpr auto at_least = 64U;
    return size <= limit / at_least;
}

} // namespace

working_set::working_set(shard_store* store, working_set_settings const& settings)
    : store_{store}, settings_{settings}, direct_{store == nullptr && settings.who == writers::one},
      entries_{settings.ordered}, complete_{store == nullptr || !store->next_offset()}, pending_{first_pending_capacity}
{
    if (store_ == nullptr)
        return;
    stored_offset_ = store_->next_offset();
    next_offset_ = stored_offset_;
    buffer_.emplace();
}

resident_entry* working_set::find(std::string_view key)
{
    if (last_ == nullptr || !last_->live || last_->key != key)
        last_ = entries_.find(key);
    return last_;
}

pinned_value working_set::get(std::string_view key)
{
    if (auto* const entry = find(key))
    {
        // Not written when it is so already: that would make the processor write the memory back.
        if (!entry->used)
            entry->used = true;
        auto const value = current(*entry);
        return value ? pinned_value{*value, nullptr} : pinned_value{};
    }
    if (complete_)
        return {};
    auto value = store_->get(key);
    if (value && worth_remembering((*value).size(), settings_.bytes))
        remember(key, *value);
    return value;
}

void working_set::look_ended()
{
    trim(steps_per_change);
}

void working_set::trim(std::size_t steps)
{
    if (entries_.trim(settings_.bytes, steps))
        complete_ = false;
}

void working_set::remember(std::string_view key, std::string_view value)
{
    last_ = &entries_.make(key);
    entries_.assign(*last_, value);
}

std::optional<std::string_view> working_set::current(resident_entry const& of)
{
    if (of.newest != 0 && !direct_)
        return newest(of).current();
    return of.erased ? std::nullopt : std::optional<std::string_view>{of.value};
}

working_set::change_number working_set::set(std::string_view key, std::string_view value)
{
    return change(key, value);
}

working_set::change_number working_set::erase(std::string_view key)
{
    return change(key, std::nullopt);
}

working_set::change_number working_set::change(std::string_view key, std::optional<std::string_view> value)
{
    auto* const found = find(key);
    auto& entry = found != nullptr ? *found : entries_.make(key);
    last_ = &entry;
    entry.used = found != nullptr;
    auto const coalesced = settings_.coalesce && entry.newest >= first_ + sent_;
    if (!coalesced)
    {
        if (pending_.full())
            pending_.set_capacity(pending_.capacity() * 2);
        pending_.push_back(pending_change{&entry, {}, -1, false, false});
        entry.newest = first_ + pending_.size() - 1;
    }
    auto& change = newest(entry);
    pending_bytes_ -= heap_bytes(change.value);
    change.value.assign(value.value_or(std::string_view{}));
    change.erased = !value;
    pending_bytes_ += heap_bytes(change.value);
    auto const number = entry.newest;
    if (direct_)
        entries_.assign(entry, value);
    else
        trim(steps_per_change);
    return number;
}

// Each is as far in front of the last one as it has to be at least: others, written twice, may be between them.
void working_set::acknowledged(change_number first, std::int64_t offset, std::size_t count)
{
    if (first < first_ || first + count > first_ + sent_)
        return;
    for (std::size_t i = 0; i < count; ++i)
    {
        auto& change = pending_[first - first_ + i];
        change.offset = offset - static_cast<std::int64_t>(count - 1 - i);
        change.acknowledged = true;
        prefetch(*change.at);
    }
    settle();
    trim(steps_per_change * count);
}

// Entries have left the processor's caches since they were changed.
void working_set::prefetch(resident_entry const& entry) const noexcept
{
    if (direct_)
        return;
    __builtin_prefetch(&entry.value);
    __builtin_prefetch(&entry.newest);
}

bool working_set::settled(pending_change const& change) const noexcept
{
    return change.acknowledged && (settings_.who == writers::one || next_offset_.value_or(0) > change.offset);
}

void working_set::settle()
{
    while (!pending_.empty() && settled(pending_.front()))
        settle_front();
}

void working_set::settle_front()
{
    auto& change = pending_.front();
    auto& entry = *change.at;
    pending_bytes_ -= heap_bytes(change.value);
    look_at_place(change);
    if (direct_)
    {
        advance(change.offset + 1);
        if (change.erased && entry.newest == first_)
            entries_.remove(entry);
    }
    else
    {
        if (entry.newest == first_)
            entry.newest = 0;
        settle_entry(entry, change);
    }
    pending_.pop_front();
    ++first_;
    --sent_;
}

// What others write of a global table may be read before our own is acknowledged.
void working_set::look_at_place(pending_change const& change) noexcept
{
    auto const at_least = next_offset_.value_or(0);
    if (settings_.who == writers::one && change.offset >= 0 && change.offset < at_least && !misplaced_)
        misplaced_ = {change.offset, at_least};
}

void working_set::settle_entry(resident_entry& entry, pending_change& change)
{
    if (settings_.who == writers::one)
    {
        auto const before = entry.bytes();
        entries_.exchange(entry, change.value, change.erased);
        advance(change.offset + 1);
        touched(entry, before);
    }
    else if (entry.clean() && entry.erased)
        entries_.remove(entry);
}

void working_set::touched(resident_entry& entry, std::size_t bytes_before)
{
    if (store_ != nullptr && entry.dirty)
        dirty_bytes_ = dirty_bytes_ - bytes_before + entry.bytes();
    else if (store_ != nullptr)
        make_dirty(entry);
    else if (entry.erased && entry.newest == 0)
        entries_.remove(entry);
}

void working_set::restored_one(shard_change const& change)
{
    if (buffer_)
    {
        complete_ = false;
        buffer_->add(change);
        return;
    }
    auto* const found = entries_.find(change.key);
    auto& entry = found != nullptr ? *found : entries_.make(change.key);
    auto const before = entry.bytes();
    entries_.assign(entry, change.value);
    touched(entry, before);
}

void working_set::advance(std::int64_t next_offset)
{
    next_offset_ = std::max(next_offset_.value_or(next_offset), next_offset);
    if (settings_.who == writers::many)
        settle();
}

void working_set::restore_finished()
{
    if (!buffer_)
        return;
    checkpoint();
    buffer_.reset();
    spare_ = {};
}

std::optional<working_set::store_update> working_set::take_collected()
{
    if (buffer_->empty() && next_offset_ == stored_offset_)
        return std::nullopt;
    auto result = std::optional<store_update>{std::in_place};
    result->next_offset = *next_offset_;
    leaving_bytes_ = buffer_->bytes();
    std::swap(result->changes, *buffer_);
    std::swap(*buffer_, spare_);
    return result;
}

void working_set::make_dirty(resident_entry& entry)
{
    if (std::exchange(entry.dirty, true))
        return;
    dirty_.push_back(&entry);
    dirty_bytes_ += entry.bytes();
}

// An entry that changes while it leaves is dirty as well, and goes with the next checkpoint again. Until the store has
// it, it stays, so that nobody looks for it there.
std::optional<working_set::store_update> working_set::begin_checkpoint()
{
    if (store_ == nullptr || !next_offset_)
        return std::nullopt;
    if (buffer_)
        return take_collected();
    if (dirty_.empty() && next_offset_ == stored_offset_)
        return std::nullopt;
    auto result = std::optional<store_update>{std::in_place};
    result->next_offset = *next_offset_;
    for (auto* const entry : dirty_)
    {
        result->changes.add({entry->key, entry->erased ? std::nullopt : std::optional<std::string_view>{entry->value}});
        entry->dirty = false;
        entry->leaving = true;
    }
    leaving_.swap(dirty_);
    leaving_bytes_ = std::exchange(dirty_bytes_, 0);
    return result;
}

void working_set::checkpoint()
{
    auto update = begin_checkpoint();
    if (!update)
        return;
    try
    {
        update->write(*store_);
    }
    catch (...)
    {
        end_checkpoint(*update, false);
        throw;
    }
    end_checkpoint(*update, true);
}

void working_set::end_checkpoint(store_update& of, bool written)
{
    leaving_bytes_ = 0;
    for (auto* const entry : leaving_)
    {
        entry->leaving = false;
        if (!written)
            make_dirty(*entry);
        else if (entry->erased && entry->clean())
            entries_.remove(*entry);
    }
    leaving_.clear();
    if (written)
        stored_offset_ = of.next_offset;
    if (buffer_)
    {
        of.changes.clear();
        std::swap(spare_, of.changes);
    }
    trim();
}

std::unique_ptr<shard_cursor> working_set::below(std::string_view from, std::string_view to) const
{
    return store_ != nullptr ? store_->scan(from, to) : nullptr;
}

// What differs from the store.
std::vector<shard_change> working_set::overlay(std::string_view from, std::string_view to)
{
    auto changes = std::vector<shard_change>{};
    entries_.in_order(from, to,
                      [&](resident_entry const& entry)
                      {
                          if (store_ == nullptr || !entry.clean())
                              changes.push_back({entry.key, current(entry)});
                      });
    return changes;
}

std::unique_ptr<shard_cursor> working_set::walk(std::string_view from, std::string_view to)
{
    return std::make_unique<merged_cursor>(overlay(from, to), nullptr, below(from, to));
}

std::unique_ptr<shard_cursor> working_set::snapshot(std::string_view from, std::string_view to)
{
    auto changes = overlay(from, to);
    auto size = std::size_t{0};
    for (auto const& each : changes)
        size += each.key.size() + each.value.value_or(std::string_view{}).size();
    auto text = std::make_unique_for_overwrite<char[]>(size);
    auto* at = text.get();
    auto const keep = [&](std::string_view bytes)
    {
        auto const kept = std::string_view{at, bytes.size()};
        at = std::ranges::copy(bytes, at).out;
        return kept;
    };
    for (auto& each : changes)
    {
        each.key = keep(each.key);
        if (each.value)
            each.value = keep(*each.value);
    }
    return std::make_unique<merged_cursor>(std::move(changes), std::move(text), below(from, to));
}

std::size_t working_set::bytes() const noexcept
{
    return entries_.bytes() + pending_.capacity() * sizeof(pending_change) + pending_bytes_ +
           (dirty_.capacity() + leaving_.capacity()) * sizeof(resident_entry*) +
           (buffer_ ? buffer_->bytes() + leaving_bytes_ : 0);
}

} // namespace paperboy::tables

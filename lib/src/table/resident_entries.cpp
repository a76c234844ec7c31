#include "table/resident_entries.hpp"

#include <utility>

namespace paperboy::tables
{
namespace
{

// A slot of the index, which is filled to 2/3 at most and to 1/3 after it has grown.
constexpr std::size_t index_bytes = 18;

} // namespace

std::size_t resident_entry::bytes() const noexcept
{
    return sizeof *this + index_bytes + heap_bytes(key) + heap_bytes(value);
}

resident_entries::resident_entries(bool ordered)
{
    if (ordered)
        by_key_.emplace();
}

resident_entries::entry_number resident_entries::take_number()
{
    if (!free_.empty())
    {
        auto const last = free_.back();
        free_.pop_back();
        return last;
    }
    if (numbers_ % chunk_size == 0)
        chunks_.push_back(std::make_unique<resident_entry[]>(chunk_size));
    return static_cast<entry_number>(numbers_++);
}

resident_entry& resident_entries::make(std::string_view key)
{
    auto const number = take_number();
    auto& entry = at(number);
    entry.key = key;
    entry.live = true;
    index_.insert(sought_, number);
    if (by_key_)
        by_key_->insert(&entry);
    bytes_ += entry.bytes();
    return entry;
}

void resident_entries::remove(resident_entry& entry)
{
    bytes_ -= entry.bytes();
    auto const hash = hash_of(entry.key);
    auto const number = index_.find(hash, [&](auto each) { return &at(each) == &entry; });
    index_.erase(hash, number);
    if (by_key_)
        by_key_->erase(&entry);
    entry = {};
    free_.push_back(number);
}

void resident_entries::assign(resident_entry& entry, std::optional<std::string_view> value)
{
    bytes_ -= heap_bytes(entry.value);
    entry.erased = !value;
    entry.value.assign(value.value_or(std::string_view{}));
    bytes_ += heap_bytes(entry.value);
}

void resident_entries::exchange(resident_entry& entry, std::string& value, bool erased) noexcept
{
    bytes_ -= heap_bytes(entry.value);
    entry.erased = erased;
    entry.value.swap(value);
    bytes_ += heap_bytes(entry.value);
}

// The hand goes round like a clock's: who was used since it came by last is spared once.
bool resident_entries::trim(std::size_t limit, std::size_t steps)
{
    auto removed = false;
    for (; steps > 0 && bytes_ > limit && numbers_ > 0; --steps)
    {
        hand_ = hand_ + 1 < numbers_ ? hand_ + 1 : 0;
        auto& entry = at(hand_);
        if (!entry.live || !entry.clean())
            continue;
        if (std::exchange(entry.used, false))
            continue;
        remove(entry);
        removed = true;
    }
    return removed;
}

void resident_entries::put_in_order()
{
    if (by_key_)
        return;
    auto& keys = by_key_.emplace();
    for (std::size_t number = 0; number < numbers_; ++number)
        if (at(number).live)
            keys.insert(&at(number));
}

} // namespace paperboy::tables

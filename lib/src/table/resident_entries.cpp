#include "table/resident_entries.hpp"

#include <utility>

namespace paperboy::tables
{
namespace
{

// A slot of the map, which is filled to 7/8 at most and to 7/16 after it has grown.
constexpr std::size_t map_bytes = 14;

} // namespace

std::size_t resident_entry::bytes() const noexcept
{
    return sizeof *this + map_bytes + heap_bytes(key) + heap_bytes(value);
}

resident_entries::resident_entries(bool ordered)
{
    if (ordered)
        by_key_.emplace();
}

resident_entry& resident_entries::take_slot()
{
    if (free_.empty())
        return slots_.emplace_back();
    auto& slot = *free_.back();
    free_.pop_back();
    return slot;
}

resident_entry& resident_entries::make(std::string_view key)
{
    auto& entry = take_slot();
    entry.key = key;
    entry.live = true;
    by_hash_.insert(&entry);
    if (by_key_)
        by_key_->insert(&entry);
    bytes_ += entry.bytes();
    return entry;
}

void resident_entries::remove(resident_entry& entry)
{
    bytes_ -= entry.bytes();
    by_hash_.erase(&entry);
    if (by_key_)
        by_key_->erase(&entry);
    entry = {};
    free_.push_back(&entry);
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
void resident_entries::trim(std::size_t limit, std::size_t steps)
{
    for (; steps > 0 && bytes_ > limit && !slots_.empty(); --steps)
    {
        hand_ = hand_ + 1 < slots_.size() ? hand_ + 1 : 0;
        auto& entry = slots_[hand_];
        if (!entry.live || !entry.clean())
            continue;
        if (!std::exchange(entry.used, false))
            remove(entry);
    }
}

void resident_entries::put_in_order()
{
    if (by_key_)
        return;
    auto& keys = by_key_.emplace();
    for (auto* const entry : by_hash_)
        keys.insert(entry);
}

} // namespace paperboy::tables

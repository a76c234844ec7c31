#pragma once

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::tables
{

// A key that is in memory.
struct resident_entry
{
    std::string key;
    // Of the newest change that was acknowledged, or what the store has.
    std::string value;
    // The number of the newest change that was not, 0 where there is none; and how many there are.
    std::uint64_t newest = 0;
    std::uint32_t pending = 0;
    bool erased = true;
    // Not in the store; on its way there, as it was when that began.
    bool dirty = false;
    bool leaving = false;
    bool used = false;
    bool live = false;

    [[nodiscard]] bool clean() const noexcept { return pending == 0 && !dirty && !leaving; }
    [[nodiscard]] std::size_t bytes() const noexcept;
};

// What a string takes beside itself.
[[nodiscard]] inline std::size_t heap_bytes(std::string const& text) noexcept
{
    static auto const inside = std::string{}.capacity();
    return text.capacity() > inside ? text.capacity() + 1 : 0;
}

// Keys in memory, found by hash, and in order once that was asked for. Entries stay where they are.
class resident_entries
{
public:
    explicit resident_entries(bool ordered);
    resident_entries(resident_entries const&) = delete;
    resident_entries& operator=(resident_entries const&) = delete;
    ~resident_entries() = default;

    // Null when it is not there.
    [[nodiscard]] resident_entry* find(std::string_view key)
    {
        auto const found = by_hash_.find(key);
        return found == by_hash_.end() ? nullptr : *found;
    }

    // For a key that is not there.
    [[nodiscard]] resident_entry& make(std::string_view key);
    void remove(resident_entry& entry);

    // Replaces the value.
    void assign(resident_entry& entry, std::optional<std::string_view> value);
    // The same, with a string that the caller gives away; it gets the old one.
    void exchange(resident_entry& entry, std::string& value, bool erased) noexcept;

    // Removes clean entries that were not used for long, until all take no more than `limit`, or so many were looked
    // at.
    void trim(std::size_t limit, std::size_t steps);

    // Calls `visit(resident_entry&)` for the keys from `from` to before `to`, in order; an empty `to` is no limit.
    template <class Visit>
    void in_order(std::string_view from, std::string_view to, Visit visit)
    {
        put_in_order();
        for (auto at = by_key_->lower_bound(from); at != by_key_->end() && (to.empty() || (*at)->key < to); ++at)
            visit(**at);
    }

    [[nodiscard]] std::size_t size() const noexcept { return by_hash_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    // std::hash spreads well by itself.
    struct hash
    {
        using is_avalanching = void;
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
        std::size_t operator()(resident_entry const* of) const noexcept { return (*this)(std::string_view{of->key}); }
    };

    struct same
    {
        using is_transparent = void;
        bool operator()(resident_entry const* left, resident_entry const* right) const noexcept
        {
            return left->key == right->key;
        }
        bool operator()(std::string_view left, resident_entry const* right) const noexcept
        {
            return left == right->key;
        }
        bool operator()(resident_entry const* left, std::string_view right) const noexcept
        {
            return left->key == right;
        }
    };

    struct before
    {
        using is_transparent = void;
        bool operator()(resident_entry const* left, resident_entry const* right) const noexcept
        {
            return left->key < right->key;
        }
        bool operator()(resident_entry const* left, std::string_view right) const noexcept { return left->key < right; }
        bool operator()(std::string_view left, resident_entry const* right) const noexcept { return left < right->key; }
    };

    [[nodiscard]] resident_entry& take_slot();
    void put_in_order();

    // Of pointers alone: most of what finding a key takes is memory that is not in the processor's caches, and the key
    // and its value are beside each other.
    boost::unordered_flat_set<resident_entry*, hash, same> by_hash_;
    std::optional<std::set<resident_entry*, before>> by_key_;
    std::deque<resident_entry> slots_;
    std::vector<resident_entry*> free_;
    std::size_t hand_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace paperboy::tables

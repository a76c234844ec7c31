#pragma once

#include "table/entry_index.hpp"
#include "table/expected_keys.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
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
    // The number of the newest change that was not, 0 where there is none; with one writer and no store
    // that of the newest change, acknowledged or not.
    std::uint64_t newest = 0;
    bool erased = true;
    // Not in the store; on its way there, as it was when that began.
    bool dirty = false;
    bool leaving = false;
    bool used = false;
    bool live = false;

    [[nodiscard]] bool clean() const noexcept { return newest == 0 && !dirty && !leaving; }
    [[nodiscard]] std::size_t bytes() const noexcept;
};

// What a string takes beside itself.
[[nodiscard]] inline std::size_t heap_bytes(std::string const& text) noexcept
{
    auto const inside = std::string{}.capacity();
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
        if (auto const expected = expected_.take(key); expected != entry_index::none)
            if (auto& entry = at(expected); entry.live && entry.key == key)
                return &entry;
        sought_ = hash_of(key);
        auto const found = index_.find(sought_, [&](auto number) { return at(number).key == key; });
        return found == entry_index::none ? nullptr : &at(found);
    }

    // These keys, `key_of(index)`, will probably be looked for next, in this order: their entries are brought near, all
    // at once where each alone would be waited for.
    template <class KeyOf>
    void expect(std::size_t count, KeyOf key_of)
    {
        if (!expected_.begin(count))
            return;
        auto hashes = std::array<std::uint32_t, expected_keys::at_once>{};
        for (std::size_t from = 0; from < count; from += hashes.size())
        {
            auto const these = std::min(hashes.size(), count - from);
            for (std::size_t i = 0; i < these; ++i)
                index_.prefetch(hashes[i] = hash_of(key_of(from + i)));
            for (std::size_t i = 0; i < these; ++i)
            {
                auto const found = index_.find(hashes[i], [](auto) { return true; });
                expected_.add(key_of(from + i), found);
                if (found == entry_index::none)
                    continue;
                __builtin_prefetch(&at(found).key);
                __builtin_prefetch(&at(found).newest);
            }
        }
    }
    void expect_nothing() noexcept { expected_.clear(); }

    // For a key that is not there, as the last find() has told.
    [[nodiscard]] resident_entry& make(std::string_view key);
    void remove(resident_entry& entry);

    // Replaces the value.
    void assign(resident_entry& entry, std::optional<std::string_view> value);
    // The same, with a string that the caller gives away; it gets the old one.
    void exchange(resident_entry& entry, std::string& value, bool erased) noexcept;

    // Removes clean entries that were not used for long, until all take no more than `limit`, or so many were looked
    // at. Whether there were any.
    bool trim(std::size_t limit, std::size_t steps);

    // Calls `visit(resident_entry&)` for the keys from `from` to before `to`, in order; an empty `to` is no limit.
    template <class Visit>
    void in_order(std::string_view from, std::string_view to, Visit visit)
    {
        put_in_order();
        for (auto at = by_key_->lower_bound(from); at != by_key_->end() && (to.empty() || (*at)->key < to); ++at)
            visit(**at);
    }

    [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    using entry_number = entry_index::number;

    // Small enough for tables of a few keys, large enough that finding the chunk is for the processor's caches.
    static constexpr unsigned chunk_bits = 7;
    static constexpr std::size_t chunk_size = std::size_t{1} << chunk_bits;

    // std::hash spreads well by itself.
    [[nodiscard]] static std::uint32_t hash_of(std::string_view key) noexcept
    {
        constexpr auto half = 32U;
        auto const hash = std::hash<std::string_view>{}(key);
        return static_cast<std::uint32_t>(hash ^ hash >> half);
    }
    [[nodiscard]] resident_entry& at(std::size_t number) noexcept
    {
        return chunks_[number >> chunk_bits][number % chunk_size];
    }

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

    [[nodiscard]] entry_number take_number();
    void put_in_order();

    entry_index index_;
    expected_keys expected_;
    std::optional<std::set<resident_entry*, before>> by_key_;
    std::vector<std::unique_ptr<resident_entry[]>> chunks_;
    std::size_t numbers_ = 0;
    std::vector<entry_number> free_;
    std::uint32_t sought_ = 0;
    std::size_t hand_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace paperboy::tables

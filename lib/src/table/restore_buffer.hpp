#pragma once

#include "table/key_order.hpp"

#include <paperboy/shard_store.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::tables
{

// Records of a changelog on their way into a store: collected as they come, handed out sorted, the last of each key.
// Nothing is looked up, which is what makes it faster than a map.
class restore_buffer
{
public:
    void add(shard_change const& change)
    {
        items_.push_back({text_.size(), static_cast<std::uint32_t>(change.key.size()),
                          change.value ? static_cast<std::int64_t>(change.value->size()) : erased});
        text_.append(change.key);
        if (change.value)
            text_.append(*change.value);
    }

    // As they came. Views that `add` and `clear` end.
    [[nodiscard]] std::vector<shard_change> all() const
    {
        auto changes = std::vector<shard_change>{};
        changes.reserve(items_.size());
        for (auto const& each : items_)
            changes.push_back({key(each), value(each)});
        return changes;
    }

    // Views that `add` and `clear` end.
    [[nodiscard]] std::vector<shard_change> sorted() const
    {
        auto const order = sorted_by_key(items_.size(), [&](std::size_t index) { return key(items_[index]); });
        auto changes = std::vector<shard_change>{};
        changes.reserve(order.size());
        for (auto const index : order)
        {
            auto const change = shard_change{key(items_[index]), value(items_[index])};
            if (!changes.empty() && changes.back().key == change.key)
                changes.back() = change;
            else
                changes.push_back(change);
        }
        return changes;
    }

    // What it takes at its peak, while it is sorted.
    [[nodiscard]] std::size_t bytes() const noexcept
    {
        constexpr auto sorting = sizeof(item) + 2 * sizeof(std::uint64_t) + sizeof(shard_change);
        return text_.size() + items_.size() * sorting;
    }

    [[nodiscard]] bool empty() const noexcept { return items_.empty(); }

    // Keeps the memory for the next records.
    void clear() noexcept
    {
        text_.clear();
        items_.clear();
    }

private:
    static constexpr std::int64_t erased = -1;

    struct item
    {
        std::size_t at;
        std::uint32_t key_size;
        std::int64_t value_size;
    };

    [[nodiscard]] std::string_view key(item const& each) const noexcept
    {
        return std::string_view{text_}.substr(each.at, each.key_size);
    }

    [[nodiscard]] std::optional<std::string_view> value(item const& each) const noexcept
    {
        if (each.value_size == erased)
            return std::nullopt;
        return std::string_view{text_}.substr(each.at + each.key_size, static_cast<std::size_t>(each.value_size));
    }

    std::string text_;
    std::vector<item> items_;
};

} // namespace paperboy::tables

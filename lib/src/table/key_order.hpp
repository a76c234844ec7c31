#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace paperboy::tables
{

// The bytes behind what all keys have in common, as a number that compares like them; equal numbers say nothing.
[[nodiscard]] inline std::uint64_t order_hint(std::string_view key, std::size_t common) noexcept
{
    auto hint = std::uint64_t{0};
    for (std::size_t i = 0; i < sizeof hint; ++i)
    {
        auto const byte = common + i < key.size() ? static_cast<unsigned char>(key[common + i]) : std::uint64_t{0};
        hint = hint << 8U | byte;
    }
    return hint;
}

[[nodiscard]] inline std::size_t common_prefix(std::string_view left, std::string_view right) noexcept
{
    auto const size = std::min(left.size(), right.size());
    return static_cast<std::size_t>(std::mismatch(left.begin(), left.begin() + size, right.begin()).first -
                                    left.begin());
}

// The indexes from 0 to `count`, in the order of their keys, equal keys in the order of their indexes. Keys are asked
// for by index. Sorting by hints first leaves most keys alone, which lie anywhere in memory.
template <class KeyOf>
[[nodiscard]] std::vector<std::uint32_t> sorted_by_key(std::size_t count, KeyOf key_of)
{
    struct hinted
    {
        std::uint64_t hint;
        std::uint32_t index;
    };
    auto common = count == 0 ? 0 : key_of(0).size();
    for (std::size_t i = 1; i < count && common > 0; ++i)
        common = std::min(common, common_prefix(key_of(0), key_of(i)));

    auto hints = std::vector<hinted>{};
    hints.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        hints.push_back({order_hint(key_of(i), common), static_cast<std::uint32_t>(i)});
    auto const before = [&](hinted const& left, hinted const& right)
    {
        if (left.hint != right.hint)
            return left.hint < right.hint;
        auto const order = key_of(left.index).compare(key_of(right.index));
        return order != 0 ? order < 0 : left.index < right.index;
    };
    if (!std::ranges::is_sorted(hints, before))
        std::ranges::sort(hints, before);

    auto order = std::vector<std::uint32_t>(count);
    std::ranges::transform(hints, order.begin(), &hinted::index);
    return order;
}

} // namespace paperboy::tables

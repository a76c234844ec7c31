#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace paperboy::tables
{

// The hash by which Java's default partitioner, and librdkafka's murmur2, choose a key's partition.
[[nodiscard]] inline std::uint32_t murmur2(std::string_view key) noexcept
{
    constexpr std::uint32_t m = 0x5bd1e995;
    constexpr auto r = 24U;
    auto const byte = [key](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(key[at])}; };
    auto hash = std::uint32_t{0x9747b28c} ^ static_cast<std::uint32_t>(key.size());
    auto at = std::size_t{0};
    for (; at + 4 <= key.size(); at += 4)
    {
        auto word = byte(at) | byte(at + 1) << 8U | byte(at + 2) << 16U | byte(at + 3) << 24U;
        word *= m;
        word ^= word >> r;
        hash = hash * m ^ word * m;
    }
    for (auto left = key.size() - at; left > 0; --left)
        hash ^= byte(at + left - 1) << 8U * (left - 1);
    if (at < key.size())
        hash *= m;
    hash ^= hash >> 13U;
    hash *= m;
    return hash ^ hash >> 15U;
}

[[nodiscard]] inline std::int32_t partition_of(std::string_view key, std::int32_t partitions) noexcept
{
    constexpr std::uint32_t positive = 0x7fffffff;
    return static_cast<std::int32_t>(murmur2(key) & positive) % partitions;
}

} // namespace paperboy::tables

#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace paperboy::engine_detail
{

// What is asked of config::memory_limit beside records that are fetched ahead.
struct memory_wishes
{
    // What the stores on disk take, over all their providers.
    std::size_t stores = 0;
    // table_options::cache_bytes of each table, 0 for one that is in memory only: all of it is there, whatever it
    // takes.
    std::vector<std::size_t> caches;
    // Whether there are changelogs to be read.
    bool changelogs = false;
};

// How config::memory_limit is divided.
struct memory_division
{
    // For records of the handlers' topics.
    std::size_t fetched = 0;
    // For records of changelogs.
    std::size_t changelogs = 0;
    // For the entries of each table on disk that are in memory, over all its shards.
    std::vector<std::size_t> caches;
};

// Stores take half of the limit at most; more is the user's mistake.
[[nodiscard]] constexpr bool fits(std::size_t limit, std::size_t stores) noexcept
{
    return stores <= limit / 2;
}

// 1. The stores have what they take.
// 2. A quarter of the limit, at most, is for the tables' entries; if they ask for more, each gets its part of that.
// 3. Of the rest a quarter is for changelogs, which are read while the input of their partitions stands in its queues.
// 4. What remains is for the input: at least three sixteenths of the limit.
[[nodiscard]] inline memory_division divide_memory(std::size_t limit, memory_wishes const& wishes)
{
    constexpr auto quarter = std::size_t{4};
    auto const most = limit / quarter;
    // What users ask for may be any number: it is added up as one that does not overflow.
    auto const wanted = std::accumulate(wishes.caches.begin(), wishes.caches.end(), 0.0,
                                        [](double sum, std::size_t each) { return sum + static_cast<double>(each); });
    auto const part = static_cast<double>(most) / std::max(wanted, static_cast<double>(most));
    auto result = memory_division{};
    for (auto const each : wishes.caches)
        result.caches.push_back(part < 1 ? static_cast<std::size_t>(static_cast<double>(each) * part) : each);
    auto const given = std::min(most, std::accumulate(result.caches.begin(), result.caches.end(), std::size_t{0}));
    auto const rest = limit - std::min(wishes.stores, limit / 2) - given;
    result.changelogs = wishes.changelogs ? rest / quarter : 0;
    result.fetched = rest - result.changelogs;
    return result;
}

} // namespace paperboy::engine_detail

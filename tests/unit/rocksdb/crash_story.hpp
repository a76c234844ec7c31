#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>

namespace paperboy::test
{

// The checkpoints of a table that the crash test's child makes one after the other, and which its parent knows too: the
// one with number N ends at offset N + 1. From one change to thousands, some of them erasures.
[[nodiscard]] inline std::map<std::string, std::optional<std::string>> checkpoint_of(std::int64_t number)
{
    constexpr auto keys = 3'000U;
    auto random = std::mt19937_64{static_cast<std::uint64_t>(number)};
    auto const below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
    auto const count = below(5) == 0 ? below(2'000) : below(20);
    auto changes = std::map<std::string, std::optional<std::string>>{};
    for (std::size_t i = 0; i <= count; ++i)
    {
        auto& value = changes["key " + std::to_string(below(keys))];
        if (below(4) != 0)
            value = std::to_string(number) + std::string(below(50), '.');
    }
    return changes;
}

constexpr auto crash_shards = 2;
// Smaller than the large checkpoints of the story, so that there are some of both kinds.
constexpr auto crash_ingest_bytes = std::size_t{16'000};

} // namespace paperboy::test

#pragma once

#include <algorithm>
#include <cstddef>

namespace paperboy::kafka
{

// What librdkafka keeps for a message beside its key and value: 380 bytes measured with 2.0.2, whatever the allocator.
inline constexpr std::size_t message_overhead = 400;

// How many partitions a client is made for before the brokers have been asked.
inline constexpr std::size_t usual_partitions = 8;

// How one partition's share of config::memory_limit is spent.
struct memory_plan
{
    // What its queue in librdkafka holds before it is left out of fetches, in records and in bytes of keys and values.
    std::size_t queue_records = 0;
    std::size_t queue_bytes = 0;

    // What one fetch may bring of it on top, as the broker counts: compressed.
    std::size_t fetch_bytes = 0;

    // What may be gathered for its hooks, in records and in bytes of keys and values.
    std::size_t hook_records = 0;
    std::size_t hook_bytes = 0;
};

// Divides the limit over so many partitions.
//
// 1. Five eighths of a share are the queue's. Records of 400 bytes fill both of its limits at once: half of this is
//    keys and values, half is what librdkafka adds; smaller or larger records reach one limit and leave room.
// 2. Two eighths are for a fetch that comes while the queue is almost full: it may unpack to four times its size.
// 3. One eighth is for what has left the queue and is in the hooks, or gathered for a bulk: a block, kept until its
//    last record is finished, is no larger.
// No more than librdkafka's own defaults, which are larger than any fetcher needs to keep going.
[[nodiscard]] constexpr memory_plan plan_memory(std::size_t limit, std::size_t partitions) noexcept
{
    constexpr std::size_t most_records = 100'000;
    constexpr std::size_t most_bytes = 65'536'000;
    constexpr std::size_t least_fetch = 65'536;
    constexpr std::size_t most_fetch = 1'048'576;
    auto const share = limit / std::max<std::size_t>(partitions, 1);
    auto const queue = share / 8 * 5 / 2;
    auto const hooks = std::max(share / 8, least_fetch);
    return {std::clamp<std::size_t>(queue / message_overhead, 1, most_records),
            std::clamp<std::size_t>(queue, 1000, most_bytes), std::clamp(share / 16, least_fetch, most_fetch),
            hooks / message_overhead, hooks};
}

} // namespace paperboy::kafka

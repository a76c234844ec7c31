#pragma once

#include "kafka/changelog_reader_fsm.hpp"
#include "kafka/client.hpp"

#include <paperboy/topic_partition.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

// librdkafka's calls for a consumer without a group.
namespace paperboy::kafka
{

// Fetches a partition's records into its queue (partition_queue.hpp), from an offset on. Does not block.
[[nodiscard]] error_code start_fetching(client const& of, topic_partition const& where, std::int64_t offset);

// Fetches no more; what is left in the queue is nobody's. Waits for librdkafka's main thread, not for brokers: from one
// thread at a time.
void stop_fetching(client const& of, topic_partition const& where);

// What there is of each partition, in their order. Blocks for about the timeout at most.
[[nodiscard]] std::vector<changelog_range>
changelog_ranges(client const& of, std::span<topic_partition const> partitions, std::chrono::milliseconds timeout);

// What an error in a partition's queue means.
[[nodiscard]] changelog_error judge(error_code error) noexcept;

} // namespace paperboy::kafka

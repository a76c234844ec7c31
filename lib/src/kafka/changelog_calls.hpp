#pragma once

#include "kafka/changelog_reader_fsm.hpp"
#include "kafka/client.hpp"

#include <paperboy/topic_partition.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
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

// librdkafka 2.0 puts that a topic or a partition is gone into the partition's queue, but as an error of the client: it
// is no message, and whoever takes messages from the queue gets it by a callback, in the middle of that. While an
// object of this class lives, it gets those of its thread.
class caught_error
{
public:
    caught_error() noexcept;
    caught_error(caught_error const&) = delete;
    caught_error& operator=(caught_error const&) = delete;
    ~caught_error();

    // Lets a client call back.
    static void enable(conf_handle const& conf) noexcept;

    // The last one, if there was any.
    error_code error;
    std::string text;
};

// What an error in a partition's queue means.
[[nodiscard]] changelog_error judge(error_code error) noexcept;

} // namespace paperboy::kafka

#pragma once

#include "kafka/client.hpp"
#include "kafka/offset_queries.hpp"

#include <paperboy/topic_partition.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace paperboy::kafka
{

// Where a partition is to start, as a question to the brokers.
struct start_query
{
    // In place of a timestamp, as the protocol has them.
    static constexpr std::int64_t at_end = time_of_end;
    static constexpr std::int64_t at_beginning = time_of_oldest;

    topic_partition where;

    // An offset that is known: only whether it is there is asked.
    std::optional<std::int64_t> offset;

    // Else the first record from this time on (milliseconds since 1970), or one of the above.
    std::int64_t time = at_end;

    // Whether the partition keeps the group's committed offset when there is one.
    bool unless_committed = false;
};

struct start_answer
{
    partition_offset where;

    // The oldest offset that is there and the one after the last, when the question was about an offset.
    std::int64_t oldest = 0;
    std::int64_t end = INT64_MAX;

    [[nodiscard]] bool is_there() const noexcept { return where.offset >= oldest && where.offset <= end; }
};

// Where they start, without those that keep their committed offset; nothing at all without an answer about each: then
// `why` is trouble_in()'s text.
// Blocks: for a thread of its own, for about the timeout at most three times.
[[nodiscard]] std::optional<std::vector<start_answer>> start_offsets(client const& of,
                                                                     std::span<start_query const> queries,
                                                                     std::chrono::milliseconds timeout,
                                                                     std::string& why);

} // namespace paperboy::kafka

#pragma once

#include "throughput/options.hpp"
#include "throughput/progress.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace paperboy::bench
{

// The ways to consume a topic that are compared; each runs in a process of its own.
struct mode
{
    std::string name;
    measurement (*run)(options const&);
    // The mode that it is compared with.
    std::string against = "raw";
    // Whether it writes to options::output.
    bool writes = false;
    // Whether that topic is compacted.
    bool compacted = true;
};

// librdkafka's batch loop, with the engine's properties and with librdkafka's own defaults.
[[nodiscard]] measurement consume_raw(options const& from);
[[nodiscard]] measurement consume_raw_defaults(options const& from);

// The engine, with a hook that returns nothing, with one that is a coroutine, and with one for bulks.
[[nodiscard]] measurement consume_void(options const& from);
[[nodiscard]] measurement consume_awaitable(options const& from);
[[nodiscard]] measurement consume_bulk(options const& from);

// consume_void while /metrics is asked for once a second; only where can_scrape().
[[nodiscard]] measurement consume_void_scraped(options const& from);

// The engine with a hook that gets three fields of each record, decoded: for json400 only.
[[nodiscard]] measurement consume_json(options const& from);

// Likewise for msgpack400 and avro400.
[[nodiscard]] measurement consume_msgpack(options const& from);
[[nodiscard]] measurement consume_avro(options const& from);

// The same by hand in librdkafka's batch loop: simdjson's On-Demand, nlohmann-json, avro-c's generic reader.
[[nodiscard]] measurement consume_json_raw(options const& from);
[[nodiscard]] measurement consume_msgpack_raw(options const& from);
[[nodiscard]] measurement consume_avro_raw(options const& from);

// A hook that stops for three seconds early on: the memory that the prefetched records take, while nobody takes them.
[[nodiscard]] measurement consume_stalled(options const& from);

// The engine paused until all records wait in its queues: the same as void, without a fetcher that could be too slow.
[[nodiscard]] measurement consume_ready(options const& from);

// No Kafka at all: the same work on records in memory. Its records per second are what a slow handler can reach.
[[nodiscard]] measurement work_alone(options const& from);

// The modes of tables; none where the benchmarks are built without RocksDB.
[[nodiscard]] std::vector<mode> table_modes();

// Likewise from topic to topic.
[[nodiscard]] std::vector<mode> transform_modes();

// Works on a record.
inline void work_for(std::chrono::nanoseconds time)
{
    auto const end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end)
    {
    }
}

// Throws usage_error for an unknown mode.
[[nodiscard]] mode const& find_mode(std::string const& name);

// The engine's settings for a run: a new group that begins at the oldest record.
[[nodiscard]] config engine_settings(options const& from);

} // namespace paperboy::bench

// The series of topics and partitions. Each number of partition_stats is a row of a table.

#include "metrics/rows.hpp"

#include <array>
#include <string>

namespace paperboy::metrics_detail
{
namespace
{

using partition_row = stats_row<partition_stats>;

constexpr auto partition_rows = std::array{
    partition_row{{"paperboy_partition_records_total", "Records handed to hooks since the partition was assigned."},
                  true,
                  member<&partition_stats::records>},
    partition_row{{"paperboy_partition_bytes_total", "Bytes handed to hooks since the partition was assigned."},
                  true,
                  member<&partition_stats::bytes>},
    stats_row<partition_stats>{
        {"paperboy_lag_records", "High watermark minus the next offset."}, false, member<&partition_stats::lag>},
    stats_row<partition_stats>{
        {"paperboy_lag_seconds", "Age of the oldest unfinished record."}, false, member<&partition_stats::lag_age>},
    stats_row<partition_stats>{
        {"paperboy_position", "Offset after the last finished record."}, false, member<&partition_stats::position>},
    partition_row{{"paperboy_committed_offset", "Offset that the group committed last through this engine."},
                  false,
                  member<&partition_stats::committed>},
    partition_row{{"paperboy_high_watermark", "Offset after the partition's last record."},
                  false,
                  member<&partition_stats::high_watermark>},
    partition_row{{"paperboy_drain_seconds", "About how long until it has caught up, as its lag falls now."},
                  false,
                  member<&partition_stats::drain_time>},
    partition_row{{"paperboy_hook_running_seconds", "How long the hooks have been running that run now."},
                  false,
                  member<&partition_stats::hook_age>},
    partition_row{{"paperboy_stuck", "1 while that is longer than config::hook_time_limit."},
                  false,
                  member<&partition_stats::stuck>},
    partition_row{{"paperboy_in_flight_records", "Records fetched for the hooks that have not finished."},
                  false,
                  member<&partition_stats::in_flight>},
    partition_row{{"paperboy_collecting_records", "Those of paperboy_in_flight_records that wait for a bulk to fill."},
                  false,
                  member<&partition_stats::collecting>},
    partition_row{{"paperboy_prefetched_records", "Records fetched ahead, in librdkafka's queue."},
                  false,
                  member<&partition_stats::prefetched>},
    partition_row{{"paperboy_partition_buffered_bytes", "About how much memory its fetched records take."},
                  false,
                  member<&partition_stats::buffered_bytes>},
    partition_row{{"paperboy_held", "1 while it is paused, or waits for its step or for what was sent."},
                  false,
                  member<&partition_stats::held>},
    stats_row<partition_stats>{
        {"paperboy_bulk_mode", "1 while its records are handled in bulk."}, false, member<&partition_stats::mode>},
};

// A sample does not tell the key's decoding from the value's.
std::string name_of(hook which)
{
    return which == hook::decode_value ? "decode" : std::string{to_string(which)};
}

} // namespace

void add_partitions(family_list& to, labels const& common, engine_stats const& stats)
{
    for (auto const& each_row : partition_rows)
        for (auto const& each : stats.partitions)
            add_row(to, each_row, each,
                    with(common, {{"topic", each.topic}, {"partition", std::to_string(each.partition)}}));
}

void add_topics(family_list& to, labels const& common, engine_stats const& stats)
{
    constexpr auto errors =
        series{"paperboy_hook_errors_total", "Failures of hooks and decoders by what became of the record."};
    constexpr auto batches =
        series{"paperboy_batch_duration_seconds", "How long the hooks took for a batch of records, or for a bulk."};
    constexpr auto hooks =
        series{"paperboy_hook_duration_seconds", "How long hooks took, by a sample of them that stands for all."};
    for (auto const& each : stats.topics)
    {
        auto const of = with(common, {{"topic", each.topic}});
        to.counter(errors, with(of, {{"action", "skip"}}), static_cast<double>(each.skipped));
        to.counter(errors, with(of, {{"action", "retry"}}), static_cast<double>(each.retried));
        to.counter(errors, with(of, {{"action", "dead_letter"}}), static_cast<double>(each.dead_letters));
        to.counter(errors, with(of, {{"action", "fail"}}), static_cast<double>(each.failed));
        to.histogram(batches, with(of, {{"mode", "single"}}), each.batches);
        to.histogram(batches, with(of, {{"mode", "bulk"}}), each.bulks);
        for (auto const& [which, durations] : each.hooks)
            to.histogram(hooks, with(of, {{"hook", name_of(which)}}), durations);
    }
}

} // namespace paperboy::metrics_detail

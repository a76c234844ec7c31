// The series of topics and partitions. Each number of partition_stats is a row of a table.

#include "metrics/families.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>

namespace paperboy::metrics_detail
{
namespace
{

using maybe = std::optional<double>;

struct partition_series
{
    series what;
    bool counts;
    maybe (*value)(partition_stats const&);
};

template <class T>
maybe number_of(T const& value)
{
    return static_cast<double>(value);
}

template <class T>
maybe number_of(std::optional<T> const& value)
{
    return value ? maybe{static_cast<double>(*value)} : std::nullopt;
}

maybe number_of(std::optional<std::chrono::milliseconds> const& value)
{
    return value ? maybe{std::chrono::duration<double>{*value}.count()} : std::nullopt;
}

maybe number_of(handling_mode const& value)
{
    return value == handling_mode::bulk ? 1 : 0;
}

template <auto Member>
maybe number(partition_stats const& stats)
{
    return number_of(stats.*Member);
}

constexpr auto rows = std::array{
    partition_series{{"paperboy_partition_records_total", "Records handed to hooks since the partition was assigned."},
                     true,
                     number<&partition_stats::records>},
    partition_series{{"paperboy_partition_bytes_total", "Bytes handed to hooks since the partition was assigned."},
                     true,
                     number<&partition_stats::bytes>},
    partition_series{
        {"paperboy_lag_records", "High watermark minus the next offset."}, false, number<&partition_stats::lag>},
    partition_series{
        {"paperboy_lag_seconds", "Age of the oldest unfinished record."}, false, number<&partition_stats::lag_age>},
    partition_series{
        {"paperboy_position", "Offset after the last finished record."}, false, number<&partition_stats::position>},
    partition_series{{"paperboy_committed_offset", "Offset that the group committed last through this engine."},
                     false,
                     number<&partition_stats::committed>},
    partition_series{{"paperboy_high_watermark", "Offset after the partition's last record."},
                     false,
                     number<&partition_stats::high_watermark>},
    partition_series{{"paperboy_in_flight_records", "Records fetched for the hooks that have not finished."},
                     false,
                     number<&partition_stats::in_flight>},
    partition_series{{"paperboy_prefetched_records", "Records fetched ahead, in librdkafka's queue."},
                     false,
                     number<&partition_stats::prefetched>},
    partition_series{{"paperboy_partition_buffered_bytes", "About how much memory its fetched records take."},
                     false,
                     number<&partition_stats::buffered_bytes>},
    partition_series{{"paperboy_held", "1 while it is paused, or waits for its step or for what was sent."},
                     false,
                     number<&partition_stats::held>},
    partition_series{
        {"paperboy_bulk_mode", "1 while its records are handled in bulk."}, false, number<&partition_stats::mode>},
};

} // namespace

void add_partitions(family_list& to, labels const& common, engine_stats const& stats)
{
    for (auto const& row : rows)
        for (auto const& each : stats.partitions)
        {
            auto const value = row.value(each);
            if (!value)
                continue;
            auto of = with(common, {{"topic", each.topic}, {"partition", std::to_string(each.partition)}});
            row.counts ? to.counter(row.what, std::move(of), *value) : to.gauge(row.what, std::move(of), *value);
        }
}

void add_topics(family_list& to, labels const& common, engine_stats const& stats)
{
    constexpr auto errors =
        series{"paperboy_hook_errors_total", "Failures of hooks and decoders by what became of the record."};
    constexpr auto batches =
        series{"paperboy_batch_duration_seconds", "How long the hooks took for a batch of records, or for a bulk."};
    for (auto const& each : stats.topics)
    {
        auto const of = with(common, {{"topic", each.topic}});
        to.counter(errors, with(of, {{"action", "skip"}}), static_cast<double>(each.skipped));
        to.counter(errors, with(of, {{"action", "retry"}}), static_cast<double>(each.retried));
        to.counter(errors, with(of, {{"action", "dead_letter"}}), static_cast<double>(each.dead_letters));
        to.counter(errors, with(of, {{"action", "fail"}}), static_cast<double>(each.failed));
        to.histogram(batches, with(of, {{"mode", "single"}}), each.batches);
        to.histogram(batches, with(of, {{"mode", "bulk"}}), each.bulks);
    }
}

} // namespace paperboy::metrics_detail

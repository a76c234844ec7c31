// The series of tables, shard by shard. Each number of shard_stats is a row of a table.

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

struct shard_series
{
    series what;
    bool counts;
    maybe (*value)(shard_stats const&);
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

template <auto Member>
maybe number(shard_stats const& stats)
{
    return number_of(stats.*Member);
}

constexpr auto rows = std::array{
    shard_series{{"paperboy_table_restoring", "1 while it is restored from its changelog."},
                 false,
                 number<&shard_stats::restoring>},
    shard_series{{"paperboy_table_restored_records", "Records of the changelog that the restore has read."},
                 false,
                 number<&shard_stats::restored>},
    shard_series{{"paperboy_table_restored_ratio", "How much is restored, 0 to 1."},
                 false,
                 number<&shard_stats::restored_fraction>},
    shard_series{{"paperboy_table_restore_records_per_second", "How fast it is, or was, restored."},
                 false,
                 number<&shard_stats::restored_per_second>},
    shard_series{{"paperboy_table_restore_left_seconds", "About how long the restore still takes."},
                 false,
                 number<&shard_stats::restore_left>},
    shard_series{{"paperboy_table_keys", "Keys in memory: all of them without a store on disk."},
                 false,
                 number<&shard_stats::entries>},
    shard_series{
        {"paperboy_table_bytes", "Memory that these and their changes take."}, false, number<&shard_stats::bytes>},
    shard_series{{"paperboy_table_unstored_bytes", "The part of that which is not in the store on disk yet."},
                 false,
                 number<&shard_stats::dirty_bytes>},
    shard_series{{"paperboy_table_unacknowledged_changes", "Changes that the brokers have not acknowledged."},
                 false,
                 number<&shard_stats::pending>},
    shard_series{{"paperboy_table_changelog_offset", "Up to where the changelog is in the table."},
                 false,
                 number<&shard_stats::next_offset>},
    shard_series{{"paperboy_table_stored_offset", "Up to where it is in the store on disk."},
                 false,
                 number<&shard_stats::stored_offset>},
    shard_series{{"paperboy_table_checkpoints_total", "How often it was brought to its store since the assignment."},
                 true,
                 number<&shard_stats::checkpoints>},
    shard_series{{"paperboy_table_failed_checkpoints_total", "How often that failed."},
                 true,
                 number<&shard_stats::failed_checkpoints>},
};

} // namespace

void add_shards(family_list& to, labels const& common, engine_stats const& stats)
{
    for (auto const& row : rows)
        for (auto const& each : stats.shards)
        {
            auto const value = row.value(each);
            if (!value)
                continue;
            auto of = with(common, {{"table", each.table}, {"partition", std::to_string(each.partition)}});
            row.counts ? to.counter(row.what, std::move(of), *value) : to.gauge(row.what, std::move(of), *value);
        }
}

} // namespace paperboy::metrics_detail

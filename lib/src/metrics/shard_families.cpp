// The series of tables, shard by shard. Each number of shard_stats is a row of a table.

#include "metrics/rows.hpp"

#include <array>
#include <string>

namespace paperboy::metrics_detail
{
namespace
{

using shard_row = stats_row<shard_stats>;

constexpr auto shard_rows = std::array{
    shard_row{{"paperboy_table_restoring", "1 while it is restored from its changelog."},
              false,
              member<&shard_stats::restoring>},
    shard_row{{"paperboy_table_restored_records", "Records of the changelog that the restore has read."},
              false,
              member<&shard_stats::restored>},
    shard_row{{"paperboy_table_restored_ratio", "How much is restored, 0 to 1."},
              false,
              member<&shard_stats::restored_fraction>},
    shard_row{{"paperboy_table_restore_records_per_second", "How fast it is, or was, restored."},
              false,
              member<&shard_stats::restored_per_second>},
    shard_row{{"paperboy_table_restore_left_seconds", "About how long the restore still takes."},
              false,
              member<&shard_stats::restore_left>},
    shard_row{{"paperboy_table_keys", "Keys in memory: all of them without a store on disk."},
              false,
              member<&shard_stats::entries>},
    stats_row<shard_stats>{
        {"paperboy_table_bytes", "Memory that these and their changes take."}, false, member<&shard_stats::bytes>},
    shard_row{{"paperboy_table_unstored_bytes", "The part of that which is not in the store on disk yet."},
              false,
              member<&shard_stats::dirty_bytes>},
    shard_row{{"paperboy_table_unacknowledged_changes", "Changes that the brokers have not acknowledged."},
              false,
              member<&shard_stats::pending>},
    shard_row{{"paperboy_table_changelog_offset", "Up to where the changelog is in the table."},
              false,
              member<&shard_stats::next_offset>},
    shard_row{{"paperboy_table_stored_offset", "Up to where it is in the store on disk."},
              false,
              member<&shard_stats::stored_offset>},
    shard_row{{"paperboy_table_checkpoints_total", "How often it was brought to its store since the assignment."},
              true,
              member<&shard_stats::checkpoints>},
    shard_row{{"paperboy_table_failed_checkpoints_total", "How often that failed."},
              true,
              member<&shard_stats::failed_checkpoints>},
};

} // namespace

void add_shards(family_list& to, labels const& common, engine_stats const& stats)
{
    for (auto const& each_row : shard_rows)
        for (auto const& each : stats.shards)
            add_row(to, each_row, each,
                    with(common, {{"table", each.table}, {"partition", std::to_string(each.partition)}}));
}

} // namespace paperboy::metrics_detail

// The series of an engine as a whole. Each number of engine_stats is a row of a table.

#include "metrics/families.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace paperboy::metrics_detail
{
namespace
{

using std::chrono::duration;

struct engine_series
{
    series what;
    double (*value)(engine_stats const&);
};

template <auto Member>
double number(engine_stats const& stats)
{
    return static_cast<double>(stats.*Member);
}

template <auto Member>
double sent(engine_stats const& stats)
{
    return static_cast<double>(stats.producer.*Member);
}

constexpr auto counters = std::array{
    engine_series{{"paperboy_records_total", "Records handed to hooks."}, number<&engine_stats::records>},
    engine_series{{"paperboy_bytes_total", "Bytes of keys and values handed to hooks."}, number<&engine_stats::bytes>},
    engine_series{{"paperboy_assignments_total", "Assignments received from the group."},
                  number<&engine_stats::assignments>},
    engine_series{{"paperboy_revocations_total", "Assignments given back to the group."},
                  number<&engine_stats::revocations>},
    engine_series{{"paperboy_lost_assignments_total", "Assignments that the group took away."},
                  number<&engine_stats::losses>},
    engine_series{{"paperboy_client_errors_total", "Errors of brokers and of librdkafka that the engine survived."},
                  number<&engine_stats::client_errors>},
    engine_series{{"paperboy_stray_records_total", "Records that librdkafka delivered to the wrong queue."},
                  number<&engine_stats::stray_records>},
    engine_series{{"paperboy_slow_hooks_total", "Hooks that ran longer than config::hook_time_limit."},
                  number<&engine_stats::slow_hooks>},
    engine_series{{"paperboy_dead_letters_total", "Records sent to a topic for dead letters."},
                  number<&engine_stats::dead_letters>},
    engine_series{{"paperboy_missed_wakeups_total", "Times that records were found which no wakeup had announced."},
                  number<&engine_stats::missed_wakeups>},
    engine_series{{"paperboy_producer_records_total", "Records given to send and async_send."},
                  sent<&producer_stats::records>},
    engine_series{{"paperboy_producer_bytes_total", "Bytes of keys and values given to send and async_send."},
                  sent<&producer_stats::bytes>},
    engine_series{{"paperboy_producer_acknowledged_total", "Sent records that the brokers acknowledged."},
                  sent<&producer_stats::acknowledged>},
    engine_series{{"paperboy_producer_failed_total", "Sent records that could not be produced."},
                  sent<&producer_stats::failed>},
    engine_series{{"paperboy_producer_replacements_total", "Times that the producer's client was replaced."},
                  sent<&producer_stats::replacements>},
};

constexpr auto gauges = std::array{
    engine_series{{"paperboy_buffered_bytes", "About how much memory fetched records take."},
                  number<&engine_stats::buffered_bytes>},
    engine_series{{"paperboy_memory_limit_bytes", "The setting config::memory_limit."},
                  number<&engine_stats::memory_limit>},
    engine_series{{"paperboy_stuck_hooks", "Hooks that run longer than config::hook_time_limit now."},
                  number<&engine_stats::stuck_hooks>},
    engine_series{{"paperboy_away", "1 while the partitions are given up because of such a hook."},
                  number<&engine_stats::away>},
    engine_series{{"paperboy_producer_in_flight_records", "Sent records in librdkafka's queue or on their way."},
                  sent<&producer_stats::in_flight>},
    engine_series{{"paperboy_producer_waiting_records", "Sent records that wait for room in librdkafka's queue."},
                  sent<&producer_stats::waiting>},
};

void add_commits(family_list& to, labels const& common, engine_stats const& stats)
{
    constexpr auto commits = series{"paperboy_commits_total", "Commits by what the group said."};
    to.counter(commits, with(common, {{"result", "accepted"}}), static_cast<double>(stats.commits));
    to.counter(commits, with(common, {{"result", "failed"}}), static_cast<double>(stats.failed_commits));
    to.histogram({"paperboy_commit_duration_seconds", "How long commits took until the group answered."}, common,
                 stats.commit_durations);
    if (!stats.last_commit)
        return;
    to.gauge({"paperboy_last_commit_timestamp_seconds", "When the group last accepted a commit."}, common,
             duration<double>{stats.last_commit->time_since_epoch()}.count());
    to.gauge({"paperboy_last_commit_age_seconds", "How long ago that is."}, common,
             std::max(0.0, duration<double>{std::chrono::system_clock::now() - *stats.last_commit}.count()));
}

void add_outliving_hook(family_list& to, labels const& common, engine_stats const& stats)
{
    if (stats.outliving_hook_age)
        to.gauge({"paperboy_outliving_hook_running_seconds",
                  "How long the oldest hook has been running whose partition is not this engine's any more."},
                 common, duration<double>{*stats.outliving_hook_age}.count());
}

void add_stores(family_list& to, labels const& common, std::optional<store_memory> const& stores)
{
    if (!stores)
        return;
    auto const bytes = [&](series const& what, std::uint64_t value)
    { to.gauge(what, common, static_cast<double>(value)); };
    bytes({"paperboy_store_cache_bytes", "What the tables' stores have in their cache."}, stores->cached);
    bytes({"paperboy_store_cache_pinned_bytes", "The part of it that is in use."}, stores->pinned);
    bytes({"paperboy_store_cache_limit_bytes", "The most that the cache keeps."}, stores->cache_limit);
    bytes({"paperboy_store_memtable_bytes", "What the stores have not written to files yet."}, stores->unwritten);
    bytes({"paperboy_store_memtable_limit_bytes", "The size at which they do."}, stores->unwritten_limit);
}

void add_steps(family_list& to, labels const& common, engine_stats const& stats)
{
    if (!stats.step)
        return;
    to.gauge({"paperboy_step", "The step at hand, counted from 0."}, common, static_cast<double>(*stats.step));
    to.gauge({"paperboy_step_partitions", "Partitions of the step at hand that are assigned."}, common,
             static_cast<double>(stats.step_partitions));
    to.gauge({"paperboy_step_passed_partitions", "Those of them that have passed their ends."}, common,
             static_cast<double>(stats.step_passed));
    to.gauge({"paperboy_step_left_records", "Records that its other partitions have in front of their ends."}, common,
             static_cast<double>(stats.step_left));
}

} // namespace

void add_health(family_list& to, labels const& common, engine_health const& health)
{
    constexpr auto all = std::array{engine_status::starting, engine_status::running, engine_status::stopping,
                                    engine_status::stopped, engine_status::failed};
    for (auto const each : all)
        to.gauge({"paperboy_status", "1 for the status that the engine has, 0 for the others."},
                 with(common, {{"status", std::string{to_string(each)}}}), each == health.status ? 1 : 0);
    to.gauge({"paperboy_ready", "1 while the group has given an assignment and its tables are restored."}, common,
             health.ready() ? 1 : 0);
    to.gauge({"paperboy_assigned_partitions", "Partitions assigned now."}, common,
             static_cast<double>(health.partitions));
}

void add_engine(family_list& to, labels const& common, engine_stats const& stats)
{
    for (auto const& each : counters)
        to.counter(each.what, common, each.value(stats));
    for (auto const& each : gauges)
        to.gauge(each.what, common, each.value(stats));
    to.histogram({"paperboy_producer_latency_seconds", "From a send to its acknowledgement, of one record at a time."},
                 common, stats.producer.latencies);
    add_commits(to, common, stats);
    add_outliving_hook(to, common, stats);
    add_stores(to, common, stats.stores);
    add_steps(to, common, stats);
}

} // namespace paperboy::metrics_detail

#include "http/status_json.hpp"

#include <paperboy/json.hpp>

#include <boost/describe/class.hpp>

#include <algorithm>
#include <utility>

namespace paperboy::http
{
namespace
{

using std::chrono::system_clock;

struct producer_view
{
    std::uint64_t records;
    std::uint64_t bytes;
    std::uint64_t acknowledged;
    std::uint64_t failed;
    std::uint64_t in_flight;
    std::uint64_t waiting;
    std::uint64_t replacements;
    std::uint64_t timed;
    double latency_seconds;
};

struct hook_view
{
    std::string_view hook;
    std::uint64_t calls;
    double seconds;
};

struct topic_view
{
    std::string_view topic;
    std::uint64_t skipped;
    std::uint64_t retried;
    std::uint64_t dead_letters;
    std::uint64_t failed;
    std::uint64_t batches;
    double batch_seconds;
    std::uint64_t bulks;
    double bulk_seconds;
    std::vector<hook_view> hooks;
};

struct partition_view
{
    std::string_view topic;
    std::int32_t partition;
    std::uint64_t records;
    std::uint64_t bytes;
    std::optional<std::int64_t> position;
    std::optional<std::int64_t> committed;
    std::optional<std::int64_t> high_watermark;
    std::optional<std::int64_t> lag;
    std::optional<double> lag_seconds;
    std::optional<double> drain_seconds;
    std::optional<double> hook_seconds;
    bool stuck;
    std::uint64_t in_flight;
    std::uint64_t collecting;
    std::uint64_t prefetched;
    std::uint64_t buffered_bytes;
    bool held;
    std::string_view mode;
};

struct shard_view
{
    std::string_view table;
    std::int32_t partition;
    bool restoring;
    std::uint64_t restored;
    double restored_fraction;
    double restored_per_second;
    std::optional<double> restore_left_seconds;
    std::uint64_t keys;
    std::uint64_t bytes;
    std::uint64_t unstored_bytes;
    std::uint64_t unacknowledged;
    std::optional<std::int64_t> changelog_offset;
    std::optional<std::int64_t> stored_offset;
    std::uint64_t checkpoints;
    std::uint64_t failed_checkpoints;
};

struct stall_view
{
    std::optional<std::string_view> topic;
    std::optional<std::int32_t> partition;
    std::optional<std::int64_t> offset;
    double seconds;
};

struct status_view
{
    double time;
    std::string_view status;
    std::string reason;
    double status_seconds;
    bool alive;
    bool ready;
    bool started;
    std::string group;
    std::string client;
    std::uint64_t records;
    std::uint64_t bytes;
    std::uint64_t skipped;
    std::uint64_t retried;
    std::uint64_t dead_letters;
    std::uint64_t commits;
    std::uint64_t failed_commits;
    std::optional<double> last_commit_seconds;
    std::uint64_t assignments;
    std::uint64_t revocations;
    std::uint64_t losses;
    std::uint64_t client_errors;
    std::uint64_t missed_wakeups;
    std::uint64_t slow_hooks;
    std::uint64_t stuck_hooks;
    std::optional<double> outliving_hook_seconds;
    bool away;
    std::uint64_t buffered_bytes;
    std::uint64_t memory_limit;
    std::optional<std::uint64_t> step;
    std::uint64_t step_passed;
    std::uint64_t step_partitions;
    std::uint64_t step_left;
    producer_view producer;
    std::vector<topic_view> topics;
    std::vector<partition_view> partitions;
    std::vector<shard_view> shards;
    std::vector<stall_view> stalled;
};

BOOST_DESCRIBE_STRUCT(producer_view, (),
                      (records, bytes, acknowledged, failed, in_flight, waiting, replacements, timed, latency_seconds))
BOOST_DESCRIBE_STRUCT(hook_view, (), (hook, calls, seconds))
BOOST_DESCRIBE_STRUCT(topic_view, (),
                      (topic, skipped, retried, dead_letters, failed, batches, batch_seconds, bulks, bulk_seconds,
                       hooks))
BOOST_DESCRIBE_STRUCT(partition_view, (),
                      (topic, partition, records, bytes, position, committed, high_watermark, lag, lag_seconds,
                       drain_seconds, hook_seconds, stuck, in_flight, collecting, prefetched, buffered_bytes, held,
                       mode))
BOOST_DESCRIBE_STRUCT(shard_view, (),
                      (table, partition, restoring, restored, restored_fraction, restored_per_second,
                       restore_left_seconds, keys, bytes, unstored_bytes, unacknowledged, changelog_offset,
                       stored_offset, checkpoints, failed_checkpoints))
BOOST_DESCRIBE_STRUCT(stall_view, (), (topic, partition, offset, seconds))
BOOST_DESCRIBE_STRUCT(status_view, (),
                      (time, status, reason, status_seconds, alive, ready, started, group, client, records, bytes,
                       skipped, retried, dead_letters, commits, failed_commits, last_commit_seconds, assignments,
                       revocations, losses, client_errors, missed_wakeups, slow_hooks, stuck_hooks,
                       outliving_hook_seconds, away, buffered_bytes, memory_limit, step, step_passed, step_partitions,
                       step_left, producer, topics, partitions, shards, stalled))

template <class Rep, class Period>
double seconds_of(std::chrono::duration<Rep, Period> time)
{
    return std::chrono::duration<double>{time}.count();
}

double seconds_since(system_clock::time_point then, system_clock::time_point now)
{
    return std::max(0.0, seconds_of(now - then));
}

// What handlers throw may be text of any encoding; JSON has only one.
std::string readable(std::string text)
{
    try
    {
        auto ignored = std::string{};
        write_json(text, ignored);
    }
    catch (encode_error const&)
    {
        std::ranges::replace_if(text, [](char each) { return static_cast<unsigned char>(each) >= 0x80; }, '?');
    }
    return text;
}

std::optional<double> seconds_of(std::optional<std::chrono::milliseconds> time)
{
    return time ? std::optional{seconds_of(*time)} : std::nullopt;
}

std::vector<hook_view> views_of(std::vector<hook_stats> const& all)
{
    auto views = std::vector<hook_view>{};
    for (auto const& [which, durations] : all)
        views.push_back({to_string(which), durations.count, durations.seconds});
    return views;
}

topic_view view_of(topic_stats const& of)
{
    return {of.topic,         of.skipped,         of.retried,     of.dead_letters,  of.failed,
            of.batches.count, of.batches.seconds, of.bulks.count, of.bulks.seconds, views_of(of.hooks)};
}

partition_view view_of(partition_stats const& of)
{
    auto view = partition_view{};
    view.topic = of.topic;
    view.partition = of.partition;
    view.records = of.records;
    view.bytes = of.bytes;
    view.position = of.position;
    view.committed = of.committed;
    view.high_watermark = of.high_watermark;
    view.lag = of.lag;
    view.lag_seconds = seconds_of(of.lag_age);
    view.drain_seconds = seconds_of(of.drain_time);
    view.hook_seconds = seconds_of(of.hook_age);
    view.stuck = of.stuck;
    view.in_flight = of.in_flight;
    view.collecting = of.collecting;
    view.prefetched = of.prefetched;
    view.buffered_bytes = of.buffered_bytes;
    view.held = of.held;
    view.mode = to_string(of.mode);
    return view;
}

shard_view view_of(shard_stats const& of)
{
    auto view = shard_view{};
    view.table = of.table;
    view.partition = of.partition;
    view.restoring = of.restoring;
    view.restored = of.restored;
    view.restored_fraction = of.restored_fraction;
    view.restored_per_second = of.restored_per_second;
    view.restore_left_seconds = seconds_of(of.restore_left);
    view.keys = of.entries;
    view.bytes = of.bytes;
    view.unstored_bytes = of.dirty_bytes;
    view.unacknowledged = of.pending;
    view.changelog_offset = of.next_offset;
    view.stored_offset = of.stored_offset;
    view.checkpoints = of.checkpoints;
    view.failed_checkpoints = of.failed_checkpoints;
    return view;
}

stall_view view_of(stall const& of)
{
    auto view = stall_view{};
    if (of.where)
    {
        view.topic = of.where->topic;
        view.partition = of.where->partition;
    }
    view.offset = of.offset;
    view.seconds = seconds_of(of.time);
    return view;
}

template <class To, class From>
std::vector<To> views_of(From const& all)
{
    auto result = std::vector<To>{};
    result.reserve(all.size());
    for (auto const& each : all)
        result.push_back(view_of(each));
    return result;
}

} // namespace

std::string status_json(engine_health const& health, engine_stats const& stats, std::span<stall const> stalled,
                        system_clock::time_point now)
{
    auto const& sent = stats.producer;
    auto view = status_view{};
    view.time = seconds_of(now.time_since_epoch());
    view.status = to_string(health.status);
    view.reason = readable(health.reason);
    view.status_seconds = seconds_since(health.since, now);
    view.alive = health.alive() && stalled.empty();
    view.ready = health.ready();
    view.started = health.started();
    view.group = readable(stats.group_id);
    view.client = readable(stats.client_id);
    view.records = stats.records;
    view.bytes = stats.bytes;
    view.skipped = stats.skipped;
    view.retried = stats.retried;
    view.dead_letters = stats.dead_letters;
    view.commits = stats.commits;
    view.failed_commits = stats.failed_commits;
    if (stats.last_commit)
        view.last_commit_seconds = seconds_since(*stats.last_commit, now);
    view.assignments = stats.assignments;
    view.revocations = stats.revocations;
    view.losses = stats.losses;
    view.client_errors = stats.client_errors;
    view.missed_wakeups = stats.missed_wakeups;
    view.slow_hooks = stats.slow_hooks;
    view.stuck_hooks = stats.stuck_hooks;
    if (stats.outliving_hook_age)
        view.outliving_hook_seconds = seconds_of(*stats.outliving_hook_age);
    view.away = stats.away;
    view.buffered_bytes = stats.buffered_bytes;
    view.memory_limit = stats.memory_limit;
    view.step = stats.step;
    view.step_passed = stats.step_passed;
    view.step_partitions = stats.step_partitions;
    view.step_left = stats.step_left;
    view.producer = {sent.records, sent.bytes,        sent.acknowledged,    sent.failed,           sent.in_flight,
                     sent.waiting, sent.replacements, sent.latencies.count, sent.latencies.seconds};
    view.topics = views_of<topic_view>(stats.topics);
    view.partitions = views_of<partition_view>(stats.partitions);
    view.shards = views_of<shard_view>(stats.shards);
    view.stalled = views_of<stall_view>(stalled);
    auto text = std::string{};
    write_json(view, text);
    return text;
}

} // namespace paperboy::http

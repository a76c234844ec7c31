#pragma once

#include <paperboy/error.hpp>
#include <paperboy/mode.hpp>
#include <paperboy/shard_store.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace paperboy
{

/// How long something took, how often.
struct duration_histogram
{
    /// The upper ends of the buckets, in seconds, each included in its bucket; a last bucket has no end.
    static constexpr std::array<double, 14> bounds{0.0001, 0.00025, 0.001, 0.0025, 0.01, 0.025, 0.1,
                                                   0.25,   0.5,     1,     2.5,    5,    10,    60};

    /// How many fell into each bucket and into no earlier one.
    std::array<std::uint64_t, bounds.size() + 1> counts{};

    /// How many there were.
    std::uint64_t count = 0;
    /// How long they took together, in seconds.
    double seconds = 0;

    /// The bucket that a duration falls into.
    [[nodiscard]] static constexpr std::size_t bucket_of(std::chrono::nanoseconds duration) noexcept
    {
        auto const length = std::chrono::duration<double>{duration}.count();
        auto bucket = std::size_t{0};
        while (bucket < bounds.size() && length > bounds[bucket])
            ++bucket;
        return bucket;
    }

    /// Counts a duration.
    constexpr void add(std::chrono::nanoseconds duration) noexcept
    {
        ++counts[bucket_of(duration)];
        ++count;
        seconds += std::chrono::duration<double>{duration}.count();
    }

    /// Counts what another one has counted.
    constexpr duration_histogram& operator+=(duration_histogram const& other) noexcept
    {
        for (std::size_t i = 0; i < counts.size(); ++i)
            counts[i] += other.counts[i];
        count += other.count;
        seconds += other.seconds;
        return *this;
    }
};

/// How long one hook of a topic's handlers took.
struct hook_stats
{
    /// Which hook. `decode_value` stands for key and value together.
    hook which = hook::on_message;

    /// How often it was called, and how long it took; waits of awaitable hooks count.
    ///
    /// Of records that come one by one the hooks of about one in a thousand are timed, and more where they take longer:
    /// about one record in each 0.1 ms of hooks, of awaitable ones in each 100 ms. One that is timed counts for all of
    /// them since the one before, so counts and sums come out as if all were, on average. `on_error` and the hooks of
    /// bulks are always timed.
    duration_histogram durations;
};

/// What an engine has done with one topic since it was made, over all partitions ever assigned.
struct topic_stats
{
    /// The topic's name.
    std::string topic;

    /// Failures of hooks and serdes after which the record was skipped.
    std::uint64_t skipped = 0;
    /// Failures after which the record was tried again.
    std::uint64_t retried = 0;
    /// Records that went to the dead letters.
    std::uint64_t dead_letters = 0;
    /// Failures that ended a run.
    std::uint64_t failed = 0;

    /// How long batches of records handled one by one took: from the first hook to the last, with pauses before retries
    /// and waits for serdes. Not timed where records of a partition may overlap (`ordering`).
    duration_histogram batches;
    /// How long bulks took, likewise from the first hook to the last.
    duration_histogram bulks;

    /// How long each hook took that was called and timed.
    std::vector<hook_stats> hooks;
};

/// Where one assigned partition stands.
struct partition_stats
{
    /// The topic's name.
    std::string topic;
    /// The partition's number, 0 or greater.
    std::int32_t partition = 0;

    /// Records handed to hooks since the partition was assigned.
    std::uint64_t records = 0;
    /// Bytes of keys and values handed to hooks since the partition was assigned.
    std::uint64_t bytes = 0;

    /// Everything in front of this offset is finished; `std::nullopt` as long as nothing is known to be.
    std::optional<std::int64_t> position;

    /// Offset that the group committed last through this engine; `std::nullopt` before the first commit.
    std::optional<std::int64_t> committed;

    /// Offset after the partition's last record, as of the last answer to a fetch; `std::nullopt` before the
    /// first one.
    std::optional<std::int64_t> high_watermark;

    /// High watermark minus the offset of the next record to handle; 0 where nothing has been fetched and nothing is
    /// there. `std::nullopt` while it is not known: before the first record is fetched, so while the partition's tables
    /// are restored. Tools that look from outside, such as `paperboy lag`, count from the committed offset.
    std::optional<std::int64_t> lag;

    /// Records in front of the end that the current step waits for; `std::nullopt` when it waits for none of this
    /// partition, and before the first fetched record.
    std::optional<std::uint64_t> step_left;

    /// Age of the oldest unfinished record, to the batch: 0 where there is none. Where that record has not been fetched
    /// yet, the age of the one before it; where records have no timestamp, `std::nullopt`.
    std::optional<std::chrono::milliseconds> lag_age;

    /// About how long it will be behind if its lag goes on falling as it did in the last seconds: 0 where there is no
    /// lag, `std::nullopt` where it does not fall.
    std::optional<std::chrono::milliseconds> drain_time;

    /// How long the hooks of the oldest record, or bulk, have been running, as the watchdog last saw it: to
    /// `config::hook_time_limit` / 10, at most 1 s. `std::nullopt` where none run, or without a `hook_time_limit`.
    std::optional<std::chrono::milliseconds> hook_age;

    /// Whether that is longer than `config::hook_time_limit`.
    bool stuck = false;

    /// Records fetched for the hooks that have not finished.
    std::size_t in_flight = 0;

    /// Those of `in_flight` that are in no hook yet because they wait for a bulk to fill, which may take
    /// `mode_policy::max_wait`; 0 once the bulk is due.
    std::size_t collecting = 0;

    /// Records fetched ahead, in librdkafka's queue.
    std::size_t prefetched = 0;

    /// About how much memory both take: their number times the average size in the last look, and what librdkafka
    /// adds.
    std::uint64_t buffered_bytes = 0;

    /// Whether the user paused it, its step has not come, or what its hooks sent waits for room: nothing is consumed.
    bool held = false;

    /// Whether records are handled one by one or in bulk now; never automatic.
    handling_mode mode = handling_mode::single;
};

/// Where a shard of a table is, which goes with one assigned partition; of a global table, each partition of its
/// changelog.
struct shard_stats
{
    /// The table's name.
    std::string table;
    /// The partition's number, 0 or greater.
    std::int32_t partition = 0;

    /// Whether it is being restored from its changelog.
    bool restoring = false;
    /// How many records the restore took so far, or took.
    std::uint64_t restored = 0;

    /// How much is restored, 0 to 1, by offsets: what was compacted away counts as done.
    double restored_fraction = 0;
    /// How many records a second it reads, since the restore began.
    double restored_per_second = 0;
    /// How long it will still take at that pace; `std::nullopt` when that is not known, and when it is done.
    std::optional<std::chrono::milliseconds> restore_left;

    /// Keys in memory; with a store on disk, those that are cached or not in the store yet.
    std::size_t entries = 0;
    /// How much memory in bytes these keys, their values and their changes take.
    std::uint64_t bytes = 0;

    /// The part of that which is not in the store yet.
    std::uint64_t dirty_bytes = 0;

    /// Changes that the brokers have not acknowledged, or that a global table has not read back.
    std::size_t pending = 0;

    /// The offset up to which the changelog is in the table; `std::nullopt` before any.
    std::optional<std::int64_t> next_offset;
    /// The offset up to which it is in the store on disk; `std::nullopt` before any, and without a store.
    std::optional<std::int64_t> stored_offset;

    /// How often it was brought to the store since the assignment.
    std::uint64_t checkpoints = 0;
    /// How often bringing it to the store failed.
    std::uint64_t failed_checkpoints = 0;
};

/// What an engine's producers have done since the engine was made.
struct producer_stats
{
    /// Records given to `send` and `async_send`.
    std::uint64_t records = 0;
    /// Bytes of their keys and values.
    std::uint64_t bytes = 0;

    /// Records that the brokers acknowledged.
    std::uint64_t acknowledged = 0;
    /// Records that could not be produced.
    std::uint64_t failed = 0;

    /// Records in librdkafka's queue or on their way now.
    std::size_t in_flight = 0;

    /// Records that wait in memory now, because librdkafka's queue is full or its client is being replaced.
    std::size_t waiting = 0;

    /// How long records took from `send` or `async_send` to the brokers' acknowledgement, waits for room included. One
    /// is timed after the other, the next when the one before was acknowledged: a sample.
    duration_histogram latencies;

    /// Times that librdkafka's client was replaced: it had failed for good, or had changes of a partition that was
    /// lost.
    std::uint64_t replacements = 0;
};

/// A snapshot of an engine, made by `engine::stats()`.
struct engine_stats
{
    /// `config::group_id`.
    std::string group_id;
    /// `config::client_id`.
    std::string client_id;

    /// Records handed to hooks since the engine was made, over all partitions ever assigned.
    std::uint64_t records = 0;
    /// Bytes of keys and values handed to hooks since the engine was made.
    std::uint64_t bytes = 0;

    /// Failures of hooks and serdes after which the record was skipped.
    std::uint64_t skipped = 0;

    /// Failures whose action was `error_action::retry` and that were, or are about to be, tried again.
    std::uint64_t retried = 0;

    /// Records that were sent to a topic for dead letters, acknowledged there or not.
    std::uint64_t dead_letters = 0;

    /// Commits that the group accepted.
    std::uint64_t commits = 0;
    /// Commits that failed.
    std::uint64_t failed_commits = 0;

    /// When the group last accepted a commit.
    std::optional<std::chrono::system_clock::time_point> last_commit;

    /// How long commits took until the group answered.
    duration_histogram commit_durations;

    /// Assignments received from the group.
    std::uint64_t assignments = 0;
    /// Assignments given back.
    std::uint64_t revocations = 0;
    /// Assignments that were lost: the group took them away.
    std::uint64_t losses = 0;

    /// Errors of brokers and of librdkafka that the engine survived.
    std::uint64_t client_errors = 0;

    /// Records that arrived on librdkafka's main queue instead of their partition's, and were dropped with an error
    /// logged; always 0 unless librdkafka misbehaves.
    std::uint64_t stray_records = 0;

    /// Times the fallback timer found records that no wakeup had announced; always 0 unless a wakeup was lost.
    std::uint64_t missed_wakeups = 0;

    /// Times that a record's hooks, or a bulk's, ran longer than `config::hook_time_limit`.
    std::uint64_t slow_hooks = 0;
    /// How many records' or bulks' hooks run longer than `config::hook_time_limit` now.
    std::size_t stuck_hooks = 0;
    /// How long, in milliseconds, the oldest hook has been running whose partition is not this engine's any more: a
    /// rebalance has taken it, or the engine has given it up, or an earlier run has left it behind. Nothing when there
    /// is none, or `config::hook_time_limit` is 0.
    std::optional<std::chrono::milliseconds> outliving_hook_age;

    /// Whether the partitions were given up because of a hook that ran longer than `max.poll.interval.ms`; the group is
    /// joined again when that hook has ended.
    bool away = false;

    /// About how much memory fetched records take, over all partitions.
    std::uint64_t buffered_bytes = 0;
    /// `config::memory_limit`.
    std::uint64_t memory_limit = 0;

    /// The current step, from 0, also while nothing is assigned; `std::nullopt` without steps or when all are over.
    std::optional<std::size_t> step;

    /// How many of the step's partitions assigned to this engine have passed their ends.
    std::size_t step_passed = 0;
    /// How many partitions of the step are assigned to this engine.
    std::size_t step_partitions = 0;

    /// The sum of `partition_stats::step_left`.
    std::uint64_t step_left = 0;

    /// What `send` and `async_send` have done.
    producer_stats producer = {};

    /// The topics that partitions were ever assigned of.
    std::vector<topic_stats> topics;

    /// The partitions assigned now.
    std::vector<partition_stats> partitions;

    /// The shards of tables that go with them.
    std::vector<shard_stats> shards;

    /// The memory of the tables' stores on disk together; `std::nullopt` without stores that know it.
    std::optional<store_memory> stores;
};

} // namespace paperboy

#pragma once

#include <paperboy/logger.hpp>
#include <paperboy/mode.hpp>
#include <paperboy/oauth.hpp>
#include <paperboy/start_at.hpp>
#include <paperboy/steps.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace paperboy
{

class observer;

/// Any librdkafka property by its own name, for example `{"security.protocol", "ssl"}`.
/// https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md has them all.
using properties = std::map<std::string, std::string, std::less<>>;

/// Where a partition starts when the group has no committed offset, or the committed one no longer exists.
enum class offset_reset
{
    /// At the oldest record: nothing is missed.
    earliest,
    /// At the end: only records produced from now on.
    latest,
    /// The engine fails instead of choosing.
    error,
};

/// When finished offsets are committed. Whichever comes first counts; revocation and stop always commit as well.
struct commit_policy
{
    /// Longest time between a record's end and its commit. 10 ms to 1 h.
    std::chrono::milliseconds interval{1000};

    /// Commit as soon as this many records have finished since the last commit, over all partitions; 0: by time only.
    std::size_t records = 0;

    /// Longest time that the answer to a commit is waited for. Past it the commit is reported as failed, with its
    /// partitions, and the next one may go out; those of a revocation or a stop have their own, shorter times.
    /// librdkafka itself gives up after `socket.timeout.ms` (60 s), or `session.timeout.ms` without a coordinator, but
    /// begins again for as long as brokers answer with errors. 1 s to 1 h.
    std::chrono::milliseconds timeout{120'000};
};

/// Settings of the producer that handlers, tables and dead letters send with. It exists only where there are any of
/// them: a handle of `engine::make_producer`, a table, or a first dead letter.
struct producer_config
{
    /// librdkafka properties of the producer, passed on verbatim, on top of those of `config::properties` that concern
    /// both kinds of client (security, sockets).
    ///
    /// The engine's defaults: `linger.ms` 5, `compression.type` lz4, `queue.buffering.max.messages` 100,000 records and
    /// `queue.buffering.max.kbytes` 65,536 for what waits or is on its way, `partitioner` murmur2_random (as Java's),
    /// `message.timeout.ms` 0: a record is tried for ever, its input waits, and nothing is skipped; with a time, one
    /// that could not be produced within it ends the run with `errc::produce_failed`.
    /// The engine owns `enable.idempotence` (true) and `acks` (all), and refuses others that would break its promises.
    paperboy::properties properties = {};
};

/// Settings of an engine. Every field but the first two has a default that suits high volume.
///
/// Meant for designated initialisers: `engine e{ioc, {.bootstrap_servers = "localhost:9092", .group_id = "billing"}}`.
/// The engine's constructor checks all of it and throws `setup_error` with `errc::invalid_config`, naming the field or
/// property, its value and the remedy, before any connection is made.
///
/// With g++ 12, do not write a temporary of this type inside a `co_await` expression: that compiler destroys
/// aggregates twice there. A named variable is safe.
struct config
{
    /// Comma-separated `host:port` of some brokers of the cluster. Required.
    std::string bootstrap_servers;

    /// The consumer group. Engines with the same group share the partitions. Required, not empty.
    std::string group_id;

    /// Shown in the brokers' logs and metrics.
    std::string client_id = "paperboy";

    /// Where partitions start; a handler's own options take precedence.
    start_at start = {};

    /// Where to start without a usable committed offset. When an offset turns out not to exist (any more), this decides
    /// as well, and the log and `observer::on_offset_reset` tell what was not there.
    offset_reset auto_offset_reset = offset_reset::earliest;

    /// When finished offsets are committed.
    commit_policy commit = {};

    /// Most records handed to a handler in one go before other partitions get their turn on the executor. 1 to 10,000.
    std::size_t batch_size = 1000;

    /// Most memory, in bytes, for records that were fetched ahead or are in the hooks, over all partitions. 16 MiB to
    /// 1 TiB.
    ///
    /// It is divided by the number of partitions of the handlers' topics, because the engine may be given all of them.
    /// Tables on disk count: what their stores take (`rocksdb_options::block_cache_bytes` and `write_buffer_bytes`),
    /// which may be half of the limit at most or the engine does not start, and the entries that are in memory
    /// (`table_options::cache_bytes`), a quarter at most. Not counted: tables in memory, records that handlers retain,
    /// what a handler makes of a record, and up to `fetch.max.bytes` (2 MB) that each broker is just sending. The
    /// properties `queued.*` and `fetch.*` take precedence. The guide's page on tuning says how it is divided, and when
    /// it can be exceeded.
    std::size_t memory_limit = std::size_t{256} * 1024 * 1024;

    /// When partitions are handled in bulk, and how large bulks get; a handler's own options take precedence.
    mode_policy mode = {};

    /// Topics to be caught up before others, in order; empty: all at once.
    step_list steps = {};

    /// Whether a step waits for this engine's partitions or for the whole group's.
    paperboy::steps_scope steps_scope = paperboy::steps_scope::engine;

    /// Longest time that `stop()` and failures may take, from the request to the completion of `async_run`: hooks,
    /// final commit and leaving the group. 100 ms to 1 h. Past it `async_run` completes with `errc::shutdown_timeout`.
    std::chrono::milliseconds shutdown_timeout{10'000};

    /// Longest time that hooks may keep partitions which the group wants back; then awaitable hooks are cancelled and
    /// the partitions given up without the unfinished work, which their next owner handles again. Those of a partition
    /// that feeds a table and was lost are cancelled at once. 100 ms to 1 h.
    std::chrono::milliseconds revoke_timeout{20'000};

    /// Longest time that the hooks of a record, or of a bulk, should take. Past it they are reported, once: in the log,
    /// to `observer::on_slow_hook` and by `engine_stats::slow_hooks`, also when they block all threads of the executor.
    /// 10 ms to 24 h; 0: nobody looks.
    ///
    /// Past the property `max.poll.interval.ms` (5 minutes) the engine gives all its partitions up cleanly, so that
    /// others of the group go on with them: awaitable hooks are cancelled, what is finished is committed. It joins the
    /// group again when the hook has ended.
    std::chrono::milliseconds hook_time_limit{30'000};

    /// Give up with `errc::connect_timeout` when the group has not given an assignment within this time after
    /// `async_run`, or the brokers do not say where its partitions start (`start`); 0: keep trying for ever, with a log
    /// line every few seconds.
    std::chrono::milliseconds connect_timeout{0};

    /// Whether to wait for topics that do not exist yet (looked for every `topic.metadata.refresh.interval.ms`) rather
    /// than fail with `errc::missing_topic`. That takes 5 s, with a line in the log meanwhile: the brokers learn of a
    /// topic that was just created one after the other, and the one that is asked may be the last.
    bool allow_missing_topics = false;

    /// librdkafka properties, passed on verbatim. Those that the engine must own (commits, offset storage, log and
    /// event delivery) and those that contradict a field above are errors that say which field to use.
    ///
    /// Defaults that are not librdkafka's: `fetch.wait.max.ms` 20, `fetch.max.bytes` 2,097,152,
    /// `fetch.queue.backoff.ms` 2 (librdkafka 2.2 and later), `enable.partition.eof` true with steps;
    /// `queued.min.messages`, `queued.max.messages.kbytes` and `fetch.message.max.bytes` are computed from
    /// `memory_limit`.
    paperboy::properties properties = {};

    /// Gets the tokens for logins with SASL/OAUTHBEARER, which needs `sasl.mechanism` to be that; null otherwise, or
    /// when `sasl.oauthbearer.method` is oidc and librdkafka gets them itself.
    oauth_source oauth = nullptr;

    /// The producer of `engine::make_producer`, of tables and of dead letters.
    producer_config producer = {};

    /// Where log lines go.
    logger log = {};

    /// Told what happens, for metrics and tests; may be null.
    std::shared_ptr<observer> watcher = nullptr;
};

} // namespace paperboy

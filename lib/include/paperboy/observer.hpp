#pragma once

#include <paperboy/error.hpp>
#include <paperboy/mode.hpp>
#include <paperboy/topic_partition.hpp>
#include <paperboy/trace_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace paperboy
{

class record_view;
struct traced_hooks;

/// Hooks that have been running too long.
struct slow_hook
{
    /// The partition of the record that is in its hooks.
    topic_partition where;
    /// The record's offset: where a bulk begins, and possibly an earlier offset in a compacted topic.
    std::int64_t offset = -1;

    /// The topic, or expression, that the handler was given to `engine::handle` with.
    std::string handler;

    /// How long they have been running, at least.
    std::chrono::milliseconds age{0};

    /// Whether the engine gives its partitions up because of them.
    bool gives_up = false;
};

/// How far the restore of a partition of a table is.
struct restore_progress
{
    /// The table's name.
    std::string table;
    /// The partition's number, 0 or greater.
    std::int32_t partition = 0;

    /// Records of the changelog read so far.
    std::uint64_t records = 0;
    /// How many records a second were read since the restore began.
    double records_per_second = 0;

    /// Which part of the changelog is behind it, 0 to 1, counted in offsets.
    double fraction = 0;

    /// How long it has been running.
    std::chrono::milliseconds elapsed{0};
    /// How long it will still run at that pace; `std::nullopt` when that is not known.
    std::optional<std::chrono::milliseconds> left;

    /// Whether it is over: the partition's records are handled from now on.
    bool done = false;
};

/// Told what an engine does, for metrics and tests. Override what you need.
///
/// Calls come from the threads that run the engine's executor: those about the group one after the other, those about
/// one partition one after the other, calls about different partitions possibly at once. They must be quick and must
/// not throw: an exception that leaves one ends the program. Give the engine a `std::shared_ptr` to one in
/// `config::watcher`; it lives at least as long as the run.
class observer
{
public:
    observer() = default;
    observer(observer const&) = delete;
    observer& operator=(observer const&) = delete;
    virtual ~observer() = default;

    /// The group gave the engine these partitions; their records follow.
    virtual void on_assigned(std::span<topic_partition const> /*partitions*/) noexcept {}

    /// The engine gave these partitions back: their hooks have finished and what they finished is committed where
    /// possible.
    virtual void on_revoked(std::span<topic_partition const> /*partitions*/) noexcept {}

    /// The engine lost these partitions (session expired, fenced): nothing was committed.
    virtual void on_lost(std::span<topic_partition const> /*partitions*/) noexcept {}

    /// Hooks have been running longer than `config::hook_time_limit`, reported once for each run of them, and once more
    /// when the partitions are given up because of it. Called from a thread of the engine's own, because the hooks may
    /// block all others, possibly at the same time as other calls.
    virtual void on_slow_hook(slow_hook const& /*which*/) noexcept {}

    /// A commit ended: with no error, these offsets are the group's committed offsets now.
    virtual void on_commit(error_code /*result*/, std::span<partition_offset const> /*offsets*/) noexcept {}

    /// A hook or a serde failed on a record, whatever its action. The view is valid during the call.
    virtual void on_hook_error(hook /*where*/, std::exception_ptr const& /*error*/,
                               record_view const& /*record*/) noexcept
    {
    }

    /// librdkafka or a broker reported an error that the engine survives: brokers down, retries.
    virtual void on_client_error(error_code /*error*/, std::string_view /*text*/) noexcept {}

    /// The partition was to go on at an offset that does not exist (any more): it goes where
    /// `config::auto_offset_reset` says, which may miss records or repeat them. `text` tells from where, to where and
    /// why.
    virtual void on_offset_reset(topic_partition const& /*partition*/, std::string_view /*text*/) noexcept {}

    /// A shard is being restored: reported about once a second, and once when it is done.
    virtual void on_restore(restore_progress const& /*progress*/) noexcept {}

    /// A record given to `send` or `async_send` could not be produced; `text` names topic, size and reason.
    virtual void on_produce_error(std::string_view /*topic*/, error_code /*error*/, std::string_view /*text*/) noexcept
    {
    }

    /// Whether the hooks of this partition are to be traced: asked when it is assigned. Where they are, `on_span_start`
    /// and `on_span_end` are told of each record, or bulk, at each attempt; elsewhere tracing costs nothing.
    [[nodiscard]] virtual bool traces(topic_partition const& /*partition*/) const noexcept { return false; }

    /// The hooks of a record or of a bulk begin. What this returns is their span: `trace_of` shows it to the hooks, and
    /// what they `send` on behalf of the record carries it on. By default a further span of the record's own trace, or
    /// the first of a new one; an empty context means no span, and no `on_span_end`. traced_hooks.hpp has the
    /// parameter, with the attributes that OpenTelemetry names.
    [[nodiscard]] virtual trace_context on_span_start(traced_hooks const& hooks) noexcept;

    /// They have ended. An attempt that was cancelled together with its engine is reported as not finished.
    virtual void on_span_end(traced_hooks const& /*hooks*/) noexcept {}

    /// How far the partition is behind after a batch: high watermark minus the next offset, in records, 0 or greater.
    virtual void on_lag(topic_partition const& /*partition*/, std::int64_t /*records*/) noexcept {}

    /// The partition turned to this mode (single or bulk): because so many records wait, or since its step begins or is
    /// over; then the number is 0 where it is not known yet.
    virtual void on_mode(topic_partition const& /*partition*/, handling_mode /*mode*/,
                         std::int64_t /*waiting*/) noexcept
    {
    }

    /// A step began, made progress or ended: `passed` of its `partitions` have passed their ends. Steps count from 0;
    /// the number of steps, with no partitions, means that all are over.
    virtual void on_step(std::size_t /*step*/, std::size_t /*passed*/, std::size_t /*partitions*/) noexcept {}
};

} // namespace paperboy

#pragma once

#include <paperboy/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace paperboy
{

/// What an engine is doing.
enum class engine_status : std::uint8_t
{
    /// `async_run` was called; the group has not given an assignment yet.
    starting,
    /// The group has given partitions, possibly none, in this run.
    running,
    /// The run ends: hooks finish, what is finished is committed, the group is left.
    stopping,
    /// No run is in progress: none has begun yet, or the last one ended by `stop()` or a cancellation.
    stopped,
    /// No run is in progress: the last one ended by itself.
    failed,
};

/// The name of the status.
[[nodiscard]] std::string_view to_string(engine_status status) noexcept;

/// How an engine is, made by `engine::health()`.
struct engine_health
{
    /// What it is doing.
    engine_status status = engine_status::stopped;

    /// One line: why, naming place, cause and remedy where something is wrong. While a hook runs longer
    /// than `config::hook_time_limit` it names that hook.
    std::string reason;

    /// Since when the status is what it is.
    std::chrono::system_clock::time_point since;

    /// Whether it has an assignment; not during a rebalance, nor when the group took the partitions away.
    bool assigned = false;

    /// How many partitions it has; 0 also where the group has more members than partitions.
    std::size_t partitions = 0;

    /// How many shards of tables are being restored from their changelogs; their partitions wait for it.
    std::size_t restoring = 0;

    /// Whether it does what it is for: in the group, with an assignment, and with its tables restored.
    [[nodiscard]] bool ready() const noexcept { return status == engine_status::running && assigned && restoring == 0; }

    /// Whether the group has given an assignment in this run, or in the last one: what Kubernetes asks of a startup
    /// probe.
    [[nodiscard]] bool started() const noexcept { return ever_assigned; }

    /// Whether the engine needs no restart: false only once a run has ended by itself. What Kubernetes asks of a
    /// liveness probe.
    [[nodiscard]] bool alive() const noexcept { return status != engine_status::failed; }

    /// Whether the group has given an assignment in this run, or in the last one.
    bool ever_assigned = false;
};

} // namespace paperboy

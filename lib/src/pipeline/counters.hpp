#pragma once

#include "pipeline/duration_counter.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace paperboy::pipeline
{

// What an engine counts over all its partitions and runs; written once per batch, read from any thread.
struct counters
{
    std::atomic<std::uint64_t> records{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> dead_letters{0};
    std::atomic<std::uint64_t> commits{0};
    std::atomic<std::uint64_t> failed_commits{0};
    std::atomic<std::int64_t> last_commit_ms{-1};
    duration_counter commit_durations;
    std::atomic<std::uint64_t> assignments{0};
    std::atomic<std::uint64_t> revocations{0};
    std::atomic<std::uint64_t> losses{0};
    std::atomic<std::uint64_t> client_errors{0};
    std::atomic<std::uint64_t> stray_records{0};
    std::atomic<std::uint64_t> missed_wakeups{0};
    // Runs of hooks that exceeded config::hook_time_limit, ever and now.
    std::atomic<std::uint64_t> slow_hooks{0};
    std::atomic<std::size_t> stuck_hooks{0};
    // Of the oldest hook whose partition is not ours any more; negative: there is none.
    std::atomic<std::int64_t> outliving_hook_ms{-1};
    // Whether the group is left until a hook has ended.
    std::atomic<bool> away{false};
    // Records finished since the last commit was sent, for commit_policy::records.
    std::atomic<std::uint64_t> uncommitted{0};
};

} // namespace paperboy::pipeline

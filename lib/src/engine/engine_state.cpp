#include "engine/engine_state.hpp"

#include <chrono>
#include <utility>

namespace paperboy::engine_detail
{

void engine_state::show(std::shared_ptr<pipeline::assignment const> current)
{
    auto const lock = std::scoped_lock{guard};
    visible.swap(current);
}

void engine_state::record(failure why)
{
    auto const lock = std::scoped_lock{guard};
    last_failure = std::move(why);
}

failure engine_state::why_failed() const
{
    auto const lock = std::scoped_lock{guard};
    return last_failure;
}

engine_stats engine_state::stats() const
{
    auto const current = [this]
    {
        auto const lock = std::scoped_lock{guard};
        return visible;
    }();
    auto result = engine_stats{};
    result.records = totals.records.load();
    result.bytes = totals.bytes.load();
    result.skipped = totals.skipped.load();
    result.commits = totals.commits.load();
    result.failed_commits = totals.failed_commits.load();
    if (auto const ms = totals.last_commit_ms.load(); ms >= 0)
        result.last_commit = std::chrono::system_clock::time_point{std::chrono::milliseconds{ms}};
    result.assignments = totals.assignments.load();
    result.stray_records = totals.stray_records.load();
    result.missed_wakeups = totals.missed_wakeups.load();
    if (current)
        result.partitions = current->stats();
    return result;
}

} // namespace paperboy::engine_detail

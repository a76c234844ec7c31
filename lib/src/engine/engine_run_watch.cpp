// The part of a run that leaves the group for a while: hooks run too long, or partitions do not start.

#include "engine/engine_run.hpp"

#include "kafka/client_config.hpp"

#include <paperboy/observer.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace paperboy::engine_detail
{

using namespace std::chrono_literals;

namespace
{

std::string describe(watchdog::finding const& found)
{
    return to_string(found.where) + "@" + std::to_string(found.offset) + ": the hooks of handler \"" + found.handler +
           "\" have been running for " + std::to_string(found.age.count()) + " ms, " +
           (found.action == watch_action::give_up
                ? "longer than max.poll.interval.ms; partitions that wait for them are given up until they end"
                : "longer than config::hook_time_limit");
}

// On the watchdog's thread.
void tell(engine_state& state, watchdog::finding const& found)
{
    auto const gives_up = found.action == watch_action::give_up;
    if (!gives_up)
        state.totals.slow_hooks.fetch_add(1);
    auto const line = describe(found);
    state.settings.log(gives_up ? log_level::error : log_level::warning, line);
    if (auto const& watcher = state.settings.watcher)
        watcher->on_slow_hook({found.where, found.offset, found.handler, found.age, gives_up});
}

} // namespace

void engine_run::start_watchdog()
{
    auto const& settings = state_->settings;
    if (settings.hook_time_limit == 0ms)
        return;
    auto const longest = kafka::longest_hook(settings);
    watchdog_.emplace(
        std::min(settings.hook_time_limit, longest), longest,
        [state = state_](watchdog::finding const& found) { tell(*state, found); },
        [state = state_](watchdog::summary const& all)
        {
            state->totals.outliving_hook_ms.store(all.outliving.value_or(-1ms).count(), std::memory_order_relaxed);
            auto const before = state->totals.stuck_hooks.exchange(all.over, std::memory_order_relaxed);
            if (before > 0 || all.over > 0)
                state->tell_health(&health_fsm::stuck, all.oldest ? describe(*all.oldest) : std::string{});
        });
    for (auto const& each : state_->left_behind)
        watchdog_->add(each);
}

// What hooks do whose partitions are not ours any more: those of this run, and of the runs before it.
std::vector<std::shared_ptr<pipeline::partition_watch>> engine_run::straggling() const
{
    auto all = state_->left_behind;
    for (auto const& each : stragglers_)
        all.push_back(each->watch());
    return all;
}

// Whose hooks keep partitions of ours from being handled: their own, and stragglers that others wait for.
std::vector<std::shared_ptr<pipeline::partition_watch>> engine_run::in_the_way() const
{
    auto all = std::vector<std::shared_ptr<pipeline::partition_watch>>{};
    if (assignment_)
        for (auto const& each : assignment_->pipelines())
            all.push_back(each->watch());
    for (auto const& straggler : straggling())
        if (std::ranges::any_of(held_back_, [&](auto const& each) { return share(straggler->where(), each->where()); }))
            all.push_back(straggler);
    return all;
}

// 1. A hook blocks its thread, or ignores its cancellation: the run completes all the same, after
//    config::shutdown_timeout.
// 2. The program runs the engine again; the group gives it the same partition, with the record that is in that hook.
// 3. Hooks of one partition never overlap: what the run has left behind is a straggler of the next one as well. Nothing
//    but its watch is kept; the housekeeping sees there that the pipeline is gone.
void engine_run::leave_behind()
{
    held_back_.clear();
    auto all = std::exchange(stragglers_, {});
    for (auto const& each : {assignment_, leaving_})
        if (each)
            std::ranges::copy(each->unended(), std::back_inserter(all));
    for (auto const& each : all)
    {
        each->watch()->outlive();
        state_->left_behind.push_back(each->watch());
    }
}

void engine_run::look_after_left_behind()
{
    if (std::erase_if(state_->left_behind, [](auto const& each) { return each->down(); }) == 0)
        return;
    come_back();
    start_pipelines();
}

// What the watchdog has found is told once, and may be over by now: hooks that blocked all threads have kept this from
// running. It may also be too early:
// 1. A hook hangs, and a rebalance takes its partition away: its pipeline is a straggler.
// 2. The hook has been running for longer than max.poll.interval.ms, and the watchdog tells so. No partition of ours
//    waits for it: there is nothing to give up.
// 3. The group gives us the same partition again. The new pipeline is held back, and nobody would handle it.
// So a finding is kept for as long as its hook runs. A revocation that waits in the queue is served first (see
// leave_if_wanted).
void engine_run::look_after_hooks()
{
    if (!watchdog_)
        return;
    std::ranges::move(watchdog_->take_given_up(), std::back_inserter(too_long_));
    std::erase_if(too_long_, [](auto const& each) { return !each.still_runs(); });
    if (too_long_.empty() || !assignment_ || !rebalance_.owning() || !engine_.running() || state_->totals.away.load())
        return;
    if (consumer_->events().length() > 0)
        return;
    auto const hindering = in_the_way();
    for (auto const& each : too_long_)
        if (std::ranges::any_of(hindering, [&](auto const& watch) { return watch == each.what; }))
            return give_up(each);
}

// 1. Leaving the group makes librdkafka revoke the assignment, which ends as in any rebalance: awaitable hooks are
//    cancelled in the end, what is finished is committed, and a hook that does not end becomes a straggler.
// 2. While it is there, the group is not joined: it would give us the same partition again, and nobody would handle it.
// 3. When it has ended, the group is joined as at the start.
void engine_run::give_up(watchdog::finding const& why)
{
    if (auto const error = consumer_->unsubscribe())
        return fail(error, to_string(why.where) + " cannot be given up: " + error.message());
    given_up_for_ = why;
    state_->totals.away.store(true);
}

// Nothing but another assignment makes librdkafka ask again where partitions start (see event_decoder), so the group is
// left and joined in the same way. JoinGroup finds the coordinator that has moved, so this does not go round and round.
void engine_run::want_to_join_anew(std::string const& why)
{
    if (engine_.running() && rebalance_.owning() && !joins_anew_)
        wants_to_join_anew_ = why;
}

// At the end of a turn of events: a revocation that stands behind the error is served first (see leave_if_wanted). An
// assignment of everything after it asks by itself.
void engine_run::join_anew()
{
    if (!wants_to_join_anew_ || consumer_->events().length() > 0 || rebalance_.giving_up() || rebalance_.locating())
        return;
    auto const why = *std::exchange(wants_to_join_anew_, std::nullopt);
    if (!engine_.running() || !rebalance_.owning() || state_->totals.away.load())
        return;
    joins_anew_ = true;
    log(log_level::warning, why + "; librdkafka does not ask again: the group is joined anew");
    if (auto const error = consumer_->unsubscribe())
        fail(error, "the group cannot be joined anew: " + error.message());
}

// Hooks that a run before this one has left behind are in nobody's way but that of their own partition, and that
// perhaps is another member's: only one that was given up for is waited for.
void engine_run::come_back()
{
    auto const wants = joins_anew_ || state_->totals.away.load();
    auto const waits = !joins_anew_ && given_up_for_ && given_up_for_->still_runs();
    if (!wants || assignment_ || leaving_ || !stragglers_.empty() || !engine_.running() || waits)
        return;
    given_up_for_.reset();
    if (!std::exchange(joins_anew_, false))
        log(log_level::info, "no hook is stuck any more; joining the group again");
    state_->totals.away.store(false);
    join_group();
}

} // namespace paperboy::engine_detail

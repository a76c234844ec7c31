// The part of a run that leaves the group for a while: hooks run too long, or partitions do not start.

#include "engine/engine_run.hpp"

#include "kafka/client_config.hpp"

#include <paperboy/observer.hpp>

#include <algorithm>
#include <utility>

namespace paperboy::engine_detail
{

using namespace std::chrono_literals;

namespace
{

// On the watchdog's thread.
void tell(engine_state& state, watchdog::finding const& found)
{
    auto const gives_up = found.action == watch_action::give_up;
    if (!gives_up)
        state.totals.slow_hooks.fetch_add(1);
    auto const line = to_string(found.where) + "@" + std::to_string(found.offset) + ": the hooks of handler \"" +
                      found.handler + "\" have been running for " + std::to_string(found.age.count()) + " ms, " +
                      (gives_up ? "longer than max.poll.interval.ms; the partitions are given up until they end"
                                : "longer than config::hook_time_limit");
    state.tell_health(&health_fsm::stuck, line);
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
        [state = state_](std::size_t count)
        {
            if (state->totals.stuck_hooks.exchange(count, std::memory_order_relaxed) > 0 && count == 0)
                state->tell_health(&health_fsm::stuck, std::string{});
        });
}

// What the watchdog has found may be over by now: hooks that blocked all threads have kept this from running.
void engine_run::look_after_hooks()
{
    if (!watchdog_)
        return;
    for (auto const& each : watchdog_->take_given_up())
    {
        if (!assignment_ || !rebalance_.owning() || !engine_.running())
            continue;
        for (auto const& pipeline : assignment_->pipelines())
            if (pipeline->where() == each.where &&
                std::ranges::any_of(pipeline->watch()->look(), [&](auto const& stand)
                                    { return stand.passes % 2 == 1 && stand.offset == each.offset; }))
                return give_up(each);
    }
}

// 1. Leaving the group makes librdkafka revoke the assignment, which ends as in any rebalance: awaitable hooks are
//    cancelled in the end, what is finished is committed, and a hook that does not end becomes a straggler.
// 2. While it is there, the group is not joined: it would give us the same partition again, and nobody would handle it.
// 3. When it has ended, the group is joined as at the start.
void engine_run::give_up(watchdog::finding const& why)
{
    if (auto const error = consumer_->unsubscribe())
        return fail(error, to_string(why.where) + " cannot be given up: " + error.message());
    state_->totals.away.store(true);
}

// Nothing but another assignment makes librdkafka ask again where partitions start (see event_decoder), so the group is
// left and joined in the same way. JoinGroup finds the coordinator that has moved, so this does not go round and round.
void engine_run::join_anew(std::string const& why)
{
    if (!engine_.running() || !rebalance_.owning() || state_->totals.away.load() || std::exchange(joins_anew_, true))
        return;
    log(log_level::warning, why + "; librdkafka does not ask again: the group is joined anew");
    if (auto const error = consumer_->unsubscribe())
        fail(error, "the group cannot be joined anew: " + error.message());
}

void engine_run::come_back()
{
    auto const wants = joins_anew_ || state_->totals.away.load();
    if (!wants || assignment_ || leaving_ || !stragglers_.empty() || !engine_.running())
        return;
    if (!std::exchange(joins_anew_, false))
        log(log_level::info, "no hook is stuck any more; joining the group again");
    state_->totals.away.store(false);
    join_group();
}

} // namespace paperboy::engine_detail

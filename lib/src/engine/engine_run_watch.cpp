// The part of a run that looks after hooks which run too long.

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
    state.settings.log(gives_up ? log_level::error : log_level::warning,
                       to_string(found.where) + "@" + std::to_string(found.offset) + ": the hooks of handler \"" +
                           found.handler + "\" have been running for " + std::to_string(found.age.count()) + " ms, " +
                           (gives_up ? "longer than max.poll.interval.ms; the partitions are given up until they end"
                                     : "longer than config::hook_time_limit"));
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
        [state = state_](std::size_t count) { state->totals.stuck_hooks.store(count, std::memory_order_relaxed); });
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

void engine_run::come_back()
{
    if (!state_->totals.away.load() || assignment_ || !stragglers_.empty() || !engine_.running())
        return;
    state_->totals.away.store(false);
    log(log_level::info, "no hook is stuck any more; joining the group again");
    join_group();
}

} // namespace paperboy::engine_detail

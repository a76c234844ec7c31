// The part of a run that ends it, and its housekeeping.

#include "engine/engine_run.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace paperboy::engine_detail
{

using namespace std::chrono_literals;

namespace
{

constexpr auto housekeeping_pace = 1s;

// The part of config::shutdown_timeout that may pass twice before the group is left, with an incremental protocol.
constexpr auto for_leaving = 0.3;

} // namespace

void engine_run::fail(error_code code, std::string text)
{
    fail(failure{code, std::move(text)});
}

// The first failure is the one that async_run completes with.
void engine_run::fail(failure why)
{
    if (engine_.completed())
        return;
    log(log_level::error, why.text + (engine_.running() ? "; stopping" : ""));
    auto const code = why.code;
    if (engine_.running() || !engine_.result())
        state_->record(std::move(why));
    act(engine_.stop(code));
}

void engine_run::act(engine_action action)
{
    switch (action)
    {
    case engine_action::none:
        return;
    case engine_action::close:
        return close();
    case engine_action::abort:
        close();
        return hurry();
    case engine_action::hurry:
        return hurry();
    case engine_action::destroy:
        return destroy_client();
    case engine_action::complete:
        return complete();
    }
}

// Leaving the group makes librdkafka revoke the assignment, which drains and commits it as any rebalance does. The
// pipelines are told at once all the same: the revocation may have to wait for an answer of a broker.
void engine_run::close()
{
    state_->tell_health(&health_fsm::stopping, why_over(engine_.result()));
    commit_timer_.stop();
    connect_timer_.stop();
    shutdown_timer_.start(state_->settings.shutdown_timeout, [self = shared_from_this()]
                          { self->act(self->engine_.out_of_time(errc::shutdown_timeout)); });
    if (step_timer_.armed())
        start_step(step_part_);
    if (assignment_)
        for (auto const& each : assignment_->pipelines())
            each->stop();
    if (!consumer_)
        return act(engine_.closed());
    if (rebalance_.locating() && capabilities_.incremental)
    {
        static_cast<void>(rebalance_.located());
        static_cast<void>(consumer_->assign_unread(offered_));
    }
    else if (rebalance_.locating())
        act(rebalance_.revoked(false));
    leave_wanted_ = true;
    if (capabilities_.incremental)
    {
        for (auto const& each : std::exchange(held_back_, {}))
            static_cast<void>(assignment_ && assignment_->one_ended(each));
        start_leave_timer(true);
    }
    leave_if_wanted();
}

// With the protocol in which brokers assign, librdkafka leaves only a group that has answered it: a member that closes
// while its first heartbeat is on its way is one until its session ends, 45 s by default, and its partitions stand
// still. So the answer is waited for, while it may still come. Nothing tells of it but the assignment that is in it; a
// member that gets none has been one for longer.
std::chrono::milliseconds engine_run::left_for_joining() const
{
    if (!capabilities_.must_join_to_leave || !joining_since_)
        return 0ms;
    auto const whole = state_->settings.shutdown_timeout * for_leaving;
    auto const left = *joining_since_ + whole - std::chrono::steady_clock::now();
    return std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(left));
}

// Twice: for hooks, and for a rebalance that keeps what they did from being committed. What is being given up is waited
// for all the same; its steps have times of their own.
void engine_run::start_leave_timer(bool once_more)
{
    auto const whole =
        std::chrono::duration_cast<std::chrono::milliseconds>(state_->settings.shutdown_timeout * for_leaving);
    auto const joining = left_for_joining();
    auto const time = joining > 0ms ? joining : whole;
    leave_timer_.start(time,
                       [self = shared_from_this(), once_more]
                       {
                           if (once_more && self->assignment_ && self->assignment_->all_ended())
                               return self->start_leave_timer(false);
                           self->leave_overdue_ = true;
                           self->leave_if_wanted();
                       });
}

// What is being given up is drained and committed before the group is left: librdkafka may close without waiting for
// our answer to a revocation that it has told before, and the next owner would begin while hooks run.
//
// An incremental protocol lets a member join again with its partitions in hand, so all that is finished is committed
// while it is a member like any other:
// 1. librdkafka has joined again, and waits for the others; the group's generation goes on without its noticing.
// 2. A member that leaves now does not hear of it, and its commits are refused. One that stays does, and tries again.
void engine_run::leave_if_wanted()
{
    if (!leave_wanted_ || rebalance_.giving_up())
        return;
    if (!leave_overdue_ && left_for_joining() > 0ms)
        return;
    if (capabilities_.incremental && !leave_overdue_ && !is_all_committed())
        return;
    leave();
}

// Commits what is not.
bool engine_run::is_all_committed()
{
    if (!assignment_ || !rebalance_.may_commit())
        return true;
    if (!assignment_->all_ended() || !assignment_->all_acknowledged() || commit_.in_flight())
        return false;
    if (assignment_->uncommitted().empty())
        return true;
    act(commit_.due());
    return false;
}

// A member without partitions that closes does not tell the group, which would wait for its session to end: with an
// incremental protocol, where there may be some for long, it unsubscribes first.
void engine_run::leave()
{
    if (!std::exchange(leave_wanted_, false) || !consumer_)
        return;
    leave_timer_.stop();
    auto const owns = leaving_ || (assignment_ && !assignment_->pipelines().empty());
    if (capabilities_.incremental && !owns)
        static_cast<void>(consumer_->unsubscribe());
    if (auto const error = consumer_->begin_close())
    {
        log(log_level::warning, "cannot leave the group in order: " + error.message());
        act(engine_.closed());
    }
}

std::string engine_run::why_over(error_code result) const
{
    if (!result)
        return "stop() was called";
    if (result == boost::asio::error::operation_aborted)
        return "async_run was cancelled";
    auto known = state_->why_failed();
    return known.code == result ? std::move(known.text) : result.message();
}

void engine_run::hurry()
{
    hurried_ = true;
    act(rebalance_.abort());
    look_whether_drained();
    for (auto const& all : {assignment_, leaving_})
        if (all)
            for (auto const& each : all->pipelines())
                each->cancel_hooks();
    leave();
}

// The group may be left in the middle of a revocation, which then has no end of its own.
void engine_run::destroy_client()
{
    for (auto* const each : {&housekeeping_timer_, &step_timer_, &retry_timer_, &deadline_timer_})
        each->stop();
    assignment_.reset();
    leaving_.reset();
    held_back_.clear();
    state_->show(nullptr);
    if (!consumer_)
        return act(engine_.destroyed());
    if (!sends_are_over())
        return;
    if (tables_)
        tables_->close_all();
    closing_tables_ = tables_ && !tables_->closed();
    if (closing_tables_)
        return;
    reap([self = shared_from_this()] { self->act(self->engine_.destroyed()); });
}

// The event queues go before the clients: a destroyed client's queue cannot be served. The client goes on the
// destroyer's thread: it blocks for as long as a broker does not answer, so no thread of the executor may be the last
// to hold it.
void engine_run::reap(std::function<void()> gone, bool tell)
{
    auto reading = std::shared_ptr<kafka::client>{};
    if (tables_)
        reading = tell ? tables_->end() : tables_->abandon();
    remains_.push_back(state_->outbox->close(tell));
    auto client = consumer_->shared_client();
    consumer_.reset();
    destroyer_.run(
        [last = std::move(client), reader = std::move(reading), others = std::move(remains_)]() mutable
        {
            reader.reset();
            others.clear();
            last.reset();
        },
        std::move(gone));
}

void engine_run::complete()
{
    auto result = engine_.result();
    if (!result && cut_short_)
        result = errc::shutdown_timeout;
    auto const storing = tables_ ? tables_->forget_stores() : std::string{};
    if (result == errc::shutdown_timeout && !storing.empty())
        state_->record({result, storing + ", beyond config::shutdown_timeout; see to its disk. Nothing is lost: what "
                                          "is missing there is read from the changelog"});
    else if (result == errc::shutdown_timeout)
        state_->record({result, "hooks, the final commit or leaving the group did not end within "
                                "config::shutdown_timeout; what is not committed will be handled again"});
    for (auto* const each : {&commit_timer_, &step_timer_, &retry_timer_, &deadline_timer_, &topics_timer_,
                             &housekeeping_timer_, &connect_timer_, &shutdown_timer_, &leave_timer_, &steps_timer_,
                             &letter_timer_, &token_timer_, &table_timer_})
        each->stop();
    assignment_.reset();
    leaving_.reset();
    state_->show(nullptr);
    if (consumer_)
        reap([] {});
    token_cancel_.emit(boost::asio::cancellation_type::terminal);
    watchdog_.reset();
    state_->totals.away.store(false);
    state_->totals.stuck_hooks.store(0);
    state_->tell_health(&health_fsm::stuck, std::string{});
    destroyer_.forget();
    replaced_.forget();
    queries_.forget();
    locator_.forget();
    letter_query_.forget();
    table_query_.forget();
    tables_.reset();
    log(result && result != boost::asio::error::operation_aborted ? log_level::error : log_level::info,
        "stopped: " + (result ? result.message() : std::string{"success"}));
    auto const failed = result && result != boost::asio::error::operation_aborted;
    state_->tell_health(&health_fsm::ended, failed, why_over(result));
    if (auto tell = std::exchange(done_, nullptr))
        tell(result);
}

// Once a second, whatever happens: librdkafka wants its queue polled within max.poll.interval.ms, a lost wakeup must
// not stop anything, and an outstanding close is looked at.
void engine_run::on_housekeeping()
{
    auto const now = std::chrono::steady_clock::now();
    for (auto const& all : {assignment_, leaving_})
        if (all)
            for (auto const& each : all->pipelines())
            {
                each->check_for_missed_wakeup();
                each->look_at_lag(now);
            }
    look_after_hooks();
    if (tables_)
    {
        tables_->look_at_clock();
        show_restores();
    }
    if (consumer_)
        consumer_->events().interrupt();
    // librdkafka tells of an identical error only twice a minute.
    if (engine_.running() && !ever_assigned_ && !trouble_.empty())
        log_rarely("no assignment yet from group \"" + state_->settings.group_id + "\"; last trouble: " + trouble_);
    housekeeping_timer_.start(housekeeping_pace, [self = shared_from_this()] { self->on_housekeeping(); });
}

void engine_run::log(log_level level, std::string const& line) const
{
    state_->settings.log(level, line);
}

} // namespace paperboy::engine_detail

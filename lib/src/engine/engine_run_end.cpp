// The part of a run that ends it, and its housekeeping.

#include "engine/engine_run.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace paperboy::engine_detail
{

using namespace std::chrono_literals;

namespace
{

constexpr auto housekeeping_pace = 1s;

// The part of config::shutdown_timeout that may pass twice before the group is left.
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
        act(rebalance_.abort());
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
    // Another budget, and nothing is put off.
    if (step_timer_.armed())
        start_step(step_part_, step_timer_.left());
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
    for (auto const& each : std::exchange(held_back_, {}))
        static_cast<void>(assignment_ && assignment_->one_ended(each));
    start_leave_timer(true);
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

// Twice: for hooks and what they sent, and for a rebalance that keeps what they did from being committed. What is being
// given up is waited for all the same; its steps have times of their own.
void engine_run::start_leave_timer(bool once_more)
{
    auto const whole =
        std::chrono::duration_cast<std::chrono::milliseconds>(state_->settings.shutdown_timeout * for_leaving);
    auto const joining = left_for_joining();
    auto const time = joining > 0ms ? joining : whole;
    leave_timer_.start(time,
                       [self = shared_from_this(), once_more]
                       {
                           auto const& all = self->assignment_;
                           if (once_more && all && all->all_ended() && all->all_acknowledged())
                               return self->start_leave_timer(false);
                           self->leave_overdue_ = true;
                           self->leave_if_wanted();
                       });
}

// What is being given up is drained and committed before the group is left: librdkafka may close without waiting for
// our answer to a revocation that it has told before, and the next owner would begin while hooks run. So what it has
// told is served first; serve_events() looks here when it has.
//
// All that is finished is committed while this is a member like any other:
// 1. The group begins to rebalance; librdkafka has heard of it, and tells of a revocation, or has joined again with its
//    partitions in hand. This is in no queue yet when the group is left.
// 2. A member that leaves now does not wait for our answer, and its commits are refused. One that stays does, and tries
//    again.
// It sends heartbeats meanwhile, too; librdkafka sends none while it leaves.
void engine_run::leave_if_wanted()
{
    if (!leave_wanted_ || rebalance_.giving_up())
        return;
    auto const told = consumer_ && consumer_->events().length() > 0;
    if (!leave_overdue_ && (left_for_joining() > 0ms || told || !is_all_committed()))
        return;
    leave();
}

// Commits what is not, also while other hooks run or what they sent is on its way.
bool engine_run::is_all_committed()
{
    if (!assignment_ || !rebalance_.may_commit())
        return true;
    if (commit_.in_flight() || retry_timer_.armed())
        return false;
    if (assignment_->uncommitted().empty())
        return assignment_->all_ended() && assignment_->all_acknowledged();
    act(commit_.due());
    return false;
}

// A member without partitions that closes does not tell the group, which would wait for its session to end: with an
// incremental protocol, where there may be some for long, it unsubscribes first. A static member is to stay one.
//
// A client that has failed for good, as a fenced one has, cannot close, and does not tell that its partitions are lost.
void engine_run::leave()
{
    if (!std::exchange(leave_wanted_, false) || !consumer_)
        return;
    leave_timer_.stop();
    leave_begun_ = true;
    auto const owns = leaving_ || (assignment_ && !assignment_->pipelines().empty());
    if (capabilities_.incremental && !owns && !state_->settings.properties.contains("group.instance.id"))
        static_cast<void>(consumer_->unsubscribe());
    auto aside = [this](std::function<void()> work)
    { return answerer_.run(std::move(work), [self = shared_from_this()] {}); };
    auto const error = consumer_->begin_close(std::move(aside));
    if (!error)
        return;
    log(log_level::warning, "cannot leave the group cleanly: " + error.message());
    group_left_ = true;
    end_if_left();
}

// librdkafka may leave a group in the middle of a revocation, or without one. Hooks whose partitions were taken away
// count like all others: a run that has ended well has none that still run.
void engine_run::end_if_left()
{
    if (!group_left_ || rebalance_.giving_up())
        return;
    if (assignment_)
        return on(kafka::revoke_event{true, assignment_->partitions()});
    if (stragglers_.empty())
        act(engine_.closed());
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
    leave_overdue_ = true;
    leave_if_wanted();
}

// Nothing asks the client any more.
void engine_run::destroy_client()
{
    for (auto* const each : {&housekeeping_timer_, &step_timer_, &retry_timer_, &deadline_timer_, &topics_timer_,
                             &steps_timer_, &locate_timer_, &table_timer_})
        each->stop();
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
void engine_run::reap(std::function<void()> const& gone, bool tell)
{
    auto reading = std::shared_ptr<kafka::client>{};
    if (tables_)
        reading = tell ? tables_->end() : tables_->abandon();
    remains_.push_back(state_->outbox->close(tell));
    auto client = consumer_->shared_client();
    consumer_.reset();
    auto destroy = [last = std::move(client), reader = std::move(reading), others = std::move(remains_)]() mutable
    {
        reader.reset();
        others.clear();
        last->answer_for_good();
        last.reset();
    };
    if (destroyer_.run(std::move(destroy), gone))
        return;
    // They went here, without a thread of their own.
    log(log_level::warning, "the system has no thread to destroy clients on");
    gone();
}

void engine_run::complete()
{
    auto result = engine_.result();
    if (!result && cut_short_)
        result = errc::shutdown_timeout;
    auto const storing = tables_ ? tables_->forget_stores() : std::string{};
    auto const unsent = flushing_ ? state_->outbox->describe_unsettled() : std::string{};
    if (result == errc::shutdown_timeout && !storing.empty())
        state_->record({result, storing + ", beyond config::shutdown_timeout; see to its disk. Nothing is lost: what "
                                          "is missing there is read from the changelog"});
    else if (result == errc::shutdown_timeout && !unsent.empty())
        state_->record({result, unsent +
                                    ": not acknowledged within config::shutdown_timeout; they may be produced all "
                                    "the same. What was handled " +
                                    (cut_short_ ? "since the last commit will be handled again" : "is committed")});
    else if (result == errc::shutdown_timeout && lost_work_)
        state_->record({result, "the group has taken partitions away before what is finished there was committed; it "
                                "will be handled again"});
    else if (result == errc::shutdown_timeout)
        state_->record({result, "hooks, the final commit or leaving the group did not end within "
                                "config::shutdown_timeout; what is not committed will be handled again"});
    for (auto* const each : {&commit_timer_, &step_timer_, &retry_timer_, &deadline_timer_, &topics_timer_,
                             &housekeeping_timer_, &connect_timer_, &shutdown_timer_, &leave_timer_, &steps_timer_,
                             &locate_timer_, &letter_timer_, &token_timer_, &table_timer_})
        each->stop();
    leave_behind();
    assignment_.reset();
    leaving_.reset();
    state_->show(nullptr);
    if (consumer_)
        reap([self = shared_from_this()] {});
    token_cancel_.emit(boost::asio::cancellation_type::terminal);
    watchdog_.reset();
    state_->totals.away.store(false);
    state_->totals.stuck_hooks.store(0);
    state_->totals.outliving_hook_ms.store(-1);
    state_->tell_health(&health_fsm::stuck, std::string{});
    destroyer_.forget();
    answerer_.forget(1s);
    replaced_.forget();
    queries_.forget();
    locator_.forget();
    letter_query_.forget();
    table_query_.forget();
    tables_.reset();
    log(result && result != boost::asio::error::operation_aborted ? log_level::error : log_level::info,
        "stopped: " + (result ? result.message() : std::string{"success"}));
    auto const failed = result && result != boost::asio::error::operation_aborted;
    if (result && state_->why_failed().text.empty())
        state_->record({failed ? result : error_code{}, why_over(result)});
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
                each->check_for_fall();
                each->check_for_step();
                each->look_at_lag(now);
            }
    look_after_left_behind();
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

// The part of a run that commits what its partitions have finished.

#include "engine/engine_run.hpp"
#include "engine/log_list.hpp"

#include <paperboy/observer.hpp>

#include <string>
#include <utility>

namespace paperboy::engine_detail
{

using namespace std::chrono_literals;

namespace
{

constexpr auto commit_retry_pause = 200ms;

// Whether the same commit may be taken later, perhaps after a rebalance.
bool may_pass(error_code error)
{
    auto const kind = kafka::kind_of(error);
    return kind == kafka::error_kind::transient || kind == kafka::error_kind::brokers_away;
}

std::string offset_text(partition_offset const& what)
{
    return to_string(topic_partition{what.topic, what.partition}) + "@" + std::to_string(what.offset);
}

} // namespace

void engine_run::act(pipeline::commit_action action)
{
    switch (action)
    {
    case pipeline::commit_action::none:
        return;
    case pipeline::commit_action::send:
        return send_commit();
    case pipeline::commit_action::retry_later:
        return retry_timer_.start(commit_retry_pause,
                                  [self = shared_from_this()] { self->act(self->commit_.retry()); });
    case pipeline::commit_action::done:
        commit_is_over_ = true;
        return on_commit_over();
    }
}

// The gate: only offsets of the partitions at hand, and only while the group has not taken them away. While some are
// given up, only theirs.
void engine_run::send_commit()
{
    auto const& those = rebalance_.giving_up() ? leaving_ : assignment_;
    if (!those || !rebalance_.may_commit())
        return act(commit_.nothing_to_send());
    commit_of(*those);
}

void engine_run::commit_of(pipeline::assignment const& those)
{
    auto const offsets = those.uncommitted();
    state_->totals.uncommitted.store(0, std::memory_order_relaxed);
    if (offsets.empty())
        return act(commit_.nothing_to_send());
    // In the middle of a revocation: nobody takes it any more.
    if (consumer_->closed())
        return act(commit_.give_up());
    commit_.sent();
    commit_ticket_ = ++moments_;
    commit_sent_ = std::chrono::steady_clock::now();
    deadline_timer_.start(state_->settings.commit.timeout,
                          [self = shared_from_this(), offsets] { self->on_commit_timeout(offsets); });
    if (auto const error = consumer_->commit(offsets, commit_ticket_))
        on(kafka::commit_event{commit_ticket_, error, {}, offsets, {}});
}

// The next one may go out. Should the answer to this one still come, the brokers may have taken it after the next, and
// so have moved the group back: what it covers is committed once more.
void engine_run::on_commit_timeout(std::vector<partition_offset> const& offsets)
{
    on(kafka::commit_event{commit_ticket_, kafka::timed_out(), {}, offsets, {}});
}

// The run's last commit was refused for good, or time ran out, or the partitions are lost.
void engine_run::on_unsettled_commit()
{
    if (commit_error_ && commit_error_ != condition::retriable)
        fail(commit_error_, "the final commit is refused: " + commit_error_.message() +
                                "; what is not committed will be handled again");
    else
        cut_short_ = true;
}

void engine_run::on_commit_interval()
{
    act(commit_.due());
    commit_timer_.start(state_->settings.commit.interval, [self = shared_from_this()] { self->on_commit_interval(); });
}

void engine_run::on(kafka::commit_event const& event)
{
    auto const ours = commit_.in_flight() && event.ticket == commit_ticket_;
    auto const& watcher = state_->settings.watcher;
    state_->totals.commit_durations.add(std::chrono::steady_clock::now() - commit_sent_);
    if (event.error)
    {
        state_->totals.failed_commits.fetch_add(1);
        log(log_level::warning, "commit failed: " + event.error.message() + ": " + list_of(event.refused, offset_text));
        if (watcher)
            watcher->on_commit(event.error, event.refused);
    }
    if (!event.committed.empty())
    {
        start_plan_.committed(event.committed);
        state_->totals.commits.fetch_add(1);
        auto const now = std::chrono::system_clock::now().time_since_epoch();
        state_->totals.last_commit_ms.store(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
        for (auto const& each : {assignment_, leaving_})
            if (each && event.ticket < commit_ticket_)
                each->committed_late(event.committed, event.ticket);
            else if (each)
                each->committed(event.committed, event.ticket);
        if (watcher)
            watcher->on_commit({}, event.committed);
    }
    if (kafka::kind_of(event.error) == kafka::error_kind::fenced)
        fail_fenced(event.error.message());
    if (!ours)
        return on_late_refusal(event);
    deadline_timer_.stop();
    auto const settled = settle(event);
    // What cannot be mended is told, not what has followed from it: a member that is none any more sees a rebalance.
    if (!settled || !commit_error_ || commit_error_ == condition::retriable)
        commit_error_ = settled;
    act(commit_.result(settled));
    // While one is on its way, nobody is told again that there are enough for the next.
    auto const limit = state_->settings.commit.records;
    if (!event.error && limit > 0 && state_->totals.uncommitted.load(std::memory_order_relaxed) >= limit)
        act(commit_.due());
    auto const hopeless = !may_pass(event.error) && (!assignment_ || assignment_->all_ended());
    leave_overdue_ = leave_overdue_ || (leave_wanted_ && hopeless);
    if (leave_wanted_ && !rebalance_.giving_up())
        retry_timer_.start(event.error ? commit_retry_pause : 0ms,
                           [self = shared_from_this()] { self->leave_if_wanted(); });
}

// A refusal may tell librdkafka that the group has left this member behind: then the loss is told first.
void engine_run::on_late_refusal(kafka::commit_event const& event)
{
    if (!event.error || event.ticket != lost_ticket_)
        return;
    commit_error_ = event.error;
    on_unsettled_commit();
}

// What a deleted topic refuses needs no commit: partitions that are given up do not wait for it. A broker that does not
// know of a topic yet refuses alike, so it is asked once more; librdkafka 2.0 has done so by itself, 2.8 has not.
error_code engine_run::settle(kafka::commit_event const& event)
{
    if (!leaving_ || event.gone.empty())
        return event.error;
    if (!std::exchange(topics_gone_, true))
        return kafka::timed_out();
    leaving_->committed(event.gone, event.ticket);
    return event.gone.size() == event.refused.size() ? error_code{} : event.error;
}

} // namespace paperboy::engine_detail

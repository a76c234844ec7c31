// The part of a pipeline that waits, and tells where it stands.

#include "pipeline/partition_pipeline.hpp"

#include "kafka/memory_plan.hpp"
#include "pipeline/lag.hpp"

#include <paperboy/observer.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>

namespace paperboy::pipeline
{

namespace asio = boost::asio;

// A held partition looks at nothing before it is released: a bulk that is due would wake it again and again.
asio::awaitable<partition_action> partition_pipeline::rest()
{
    auto ignored = error_code{};
    if (!fsm_.held() && batcher_.waiting() > 0)
        look_again_at(bulk_deadline_);
    else if (!fsm_.held() && mode_.automatic() && mode_.bulk() && mode_.dwelt_at() > std::chrono::steady_clock::now())
        look_again_at(mode_.dwelt_at());
    resting_.store(!fsm_.held(), std::memory_order_release);
    co_await queue_.events().async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    resting_.store(false, std::memory_order_release);
    queue_.events().acknowledge();
    co_return fsm_.resumed();
}

// Wakes the pipeline as if by its queue: the look into it then finds the bulk ready, or turns a partition that has
// caught up back to single.
void partition_pipeline::look_again_at(std::chrono::steady_clock::time_point when)
{
    wait_timer_.expires_at(when);
    wait_timer_.async_wait(
        [self = shared_from_this()](error_code error)
        {
            if (!error)
                self->queue_.events().interrupt();
        });
}

// A wakeup was missed when the pipeline has rested since the check before, and its queue is not empty now nor was then.
void partition_pipeline::check_for_missed_wakeup()
{
    auto const looks = looks_.load(std::memory_order_acquire);
    auto const stuck = resting_.load(std::memory_order_acquire) && queue_.events().length() > 0;
    auto const missed = stuck && looks == looks_when_checked_;
    looks_when_checked_ = stuck ? looks : 0;
    if (!missed)
        return;
    context_.totals.missed_wakeups.fetch_add(1, std::memory_order_relaxed);
    context_.settings.log(log_level::warning, to_string(where_) + ": records waited without a wakeup; woken by timer");
    asio::post(strand_, [this, self = shared_from_this()] { queue_.events().interrupt(); });
}

// 1. The partition's end was seen, and everything before it is finished: what lies between the last record and the end
//    are transaction markers, or records that compaction removed. The position moves over them. Not so when the
//    pipeline is to leave: then records in front of the end may have been dropped unfinished.
// 2. Whether that, or the records themselves, passed the offset that a step waits for.
// 3. What was sent on their behalf has to be acknowledged as well. It is said that somebody waits for that before it is
//    looked at, and who acknowledges asks afterwards: one of the two sees the other.
//
// A pipeline that is to leave tells nothing: its owner may be gone.
// 1. A hook blocks, and catch_up_to or look_again waits behind it on the strand.
// 2. The run completes without it; from now on only the pipeline's coroutine keeps the run.
// 3. The hook returns, and the coroutine ends. What waits on the strand keeps the pipeline, and not the run.
void partition_pipeline::look_whether_passed()
{
    if (leave_early_.load(std::memory_order_relaxed))
        return;
    if (end_seen_ && waiting() == 0)
    {
        tracker_.pass_gap(*end_seen_);
        end_seen_.reset();
    }
    look_whether_caught_up();
}

// Before a record is finished there is no position. Then the first that was fetched tells that nothing lies in front of
// it.
bool partition_pipeline::begins_behind(std::int64_t end) const
{
    if (tracker_.position() != offset_tracker::nothing_finished)
        return false;
    auto const first = ages_.first_fetched();
    return first && *first >= end;
}

// 1. The end that a step waits for stands behind a transaction marker, or behind what compaction has removed.
// 2. The topic has grown, and what lies behind that end was fetched together with what lies in front of it: so nobody
//    tells of the gap.
// 3. A record behind it is in its hooks, or waits for a bulk to fill. All before it is finished, and its offset is as
//    good a position as any in the gap.
void partition_pipeline::pass_gap_in_front()
{
    tracker_.pass_gap_in_front();
    if (running_ != nullptr)
        tracker_.pass_gap(running_->first_unfinished());
    else if (batcher_.waiting() > 0)
        tracker_.pass_gap(batcher_.first_offset());
}

void partition_pipeline::look_whether_caught_up()
{
    if (leave_early_.load(std::memory_order_relaxed) || !catching_up_to_)
        return;
    pass_gap_in_front();
    if (!begins_behind(*catching_up_to_))
    {
        if (tracker_.position() < *catching_up_to_)
            return;
        waits_for_acks_.store(true);
        if (position() < *catching_up_to_)
            return;
        waits_for_acks_.store(false);
    }
    catches_up_to(std::nullopt);
    context_.owner.pipeline_passed(*this, catches_up_for_);
}

// A record behind the end that a step waits for may be in its hooks, or wait for its next attempt, for as long as it
// likes; what is in front of it is finished all the same.
void partition_pipeline::check_for_step()
{
    if (shown_end_.load(std::memory_order_relaxed) != offset_tracker::nothing_finished)
        asio::post(strand_, [self = shared_from_this()] { self->look_whether_caught_up(); });
}

void partition_pipeline::observe_lag()
{
    auto const high = queue_.high_watermark();
    auto const next = tracker_.position();
    if (!high || next == offset_tracker::nothing_finished)
        return;
    auto const records = lag(*high, next);
    if (auto const& watcher = context_.settings.watcher)
        watcher->on_lag(where_, records);
}

// 1. Before a record is finished, the first that was fetched is the next.
// 2. Before one was fetched, its offset is not known: a partition that waits for its tables may have a long queue.
// 3. Where the brokers have told the end and nothing is in the queue, there is nothing. Looked at twice, a second
//    apart: a fetch tells the end before its records.
void partition_pipeline::show_lag(partition_stats& to) const
{
    to.high_watermark = queue_.high_watermark();
    auto const next = to.position ? to.position : ages_.first_fetched();
    if (auto const end = shown_end_.load(std::memory_order_relaxed); next && end != offset_tracker::nothing_finished)
        to.step_left = static_cast<std::uint64_t>(lag(end, *next));
    if (to.high_watermark && !next && was_empty_.load(std::memory_order_relaxed) && queue_.length() == 0)
    {
        to.lag = 0;
        to.lag_age = std::chrono::milliseconds{0};
        to.drain_time = std::chrono::milliseconds{0};
    }
    if (!to.high_watermark || !next)
        return;
    to.lag = lag(*to.high_watermark, *next);
    to.drain_time = drain_rate::left(*to.lag, drains_by_.load(std::memory_order_relaxed));
    if (*to.lag == 0)
        to.lag_age = std::chrono::milliseconds{0};
    else if (auto const ms = ages_.produced_ms(*next))
        to.lag_age = std::max(std::chrono::milliseconds{0}, std::chrono::duration_cast<std::chrono::milliseconds>(
                                                                std::chrono::system_clock::now().time_since_epoch() -
                                                                std::chrono::milliseconds{*ms}));
}

void partition_pipeline::look_at_lag(std::chrono::steady_clock::time_point now)
{
    auto const high = queue_.high_watermark();
    auto const position = tracker_.position();
    auto const next = position != offset_tracker::nothing_finished ? std::optional{position} : ages_.first_fetched();
    was_empty_.store(high && !next && queue_.length() == 0, std::memory_order_relaxed);
    if (!high || !next)
        return;
    drain_rate_.look(lag(*high, *next), now);
    drains_by_.store(drain_rate_.per_second(), std::memory_order_relaxed);
}

partition_stats partition_pipeline::stats() const
{
    auto result = partition_stats{};
    result.topic = where_.topic;
    result.partition = where_.partition;
    result.records = records_.load(std::memory_order_relaxed);
    result.bytes = bytes_.load(std::memory_order_relaxed);
    if (auto const next = tracker_.position(); next != offset_tracker::nothing_finished)
        result.position = next;
    show_lag(result);
    result.in_flight = in_flight_.load(std::memory_order_relaxed);
    result.collecting = collecting_.load(std::memory_order_relaxed);
    result.prefetched = queue_.length();
    result.buffered_bytes = (result.prefetched + result.in_flight) *
                            (record_size_.load(std::memory_order_relaxed) + kafka::message_overhead);
    result.hook_age = watch_->running_for();
    result.stuck = watch_->stuck();
    result.held = held_.load(std::memory_order_relaxed);
    result.mode = in_bulk_.load(std::memory_order_relaxed) ? handling_mode::bulk : handling_mode::single;
    return result;
}

} // namespace paperboy::pipeline

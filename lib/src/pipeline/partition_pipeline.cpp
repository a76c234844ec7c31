#include "pipeline/partition_pipeline.hpp"

#include "kafka/memory_plan.hpp"
#include "pipeline/lag.hpp"

#include <paperboy/observer.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace paperboy::pipeline
{

namespace asio = boost::asio;

partition_pipeline::partition_pipeline(pipeline_context context, std::shared_ptr<kafka::client> client,
                                       asio::any_io_executor const& executor, topic_partition where,
                                       std::size_t fetch_limit, std::unique_ptr<detail::batch_handler> handler,
                                       handler_options const& options)
    : context_{context}, where_{std::move(where)}, strand_{slim_executor{executor}},
      queue_{std::move(client), strand_, where_, sends_, fetch_limit, context.settings.batch_size},
      handler_{std::move(handler)}, policy_{*options.mode}, mode_{policy_, handler_->handles_bulks()},
      batcher_{policy_}, wait_timer_{strand_}, retry_pause_{strand_},
      random_{static_cast<unsigned>(where_.partition) + 1U}
{
    if (options.ordering != ordering::partition)
        lanes_.emplace(strand_, *handler_, options, tracker_, leave_early_, static_cast<lanes_owner&>(*this));
    in_bulk_.store(mode_.bulk());
}

// The end is told from the completion handler: by then the coroutine's frame is gone, so nothing of it can outlive the
// pipeline that the owner drops. Where the io_context goes away instead, in whatever order, the pipeline and what keeps
// it alive (the handler, in the end) outlive the frames of lanes, and the pipeline goes first.
void partition_pipeline::start(std::shared_ptr<void> keep_alive)
{
    using together = std::pair<std::shared_ptr<void>, std::shared_ptr<partition_pipeline>>;
    auto alive = std::make_shared<together>(std::move(keep_alive), shared_from_this());
    if (lanes_)
        lanes_->belong_to(alive);
    sends_->attach(
        [weak = weak_from_this()]
        {
            if (auto const self = weak.lock())
                self->look_whether_congested();
        });
    auto ended = [alive](std::exception_ptr const& error)
    {
        auto& self = *alive->second;
        if (error)
            self.broke(error);
        self.tell_failure();
        self.context_.owner.pipeline_ended(self);
    };
    asio::co_spawn(strand_, run(), asio::bind_cancellation_slot(cancel_.slot(), std::move(ended)));
}

// Posts a change to the strand and wakes the pipeline, so that it decides anew.
void partition_pipeline::on_strand(std::function<void(partition_pipeline&)> change)
{
    asio::post(strand_,
               [self = shared_from_this(), change = std::move(change)]
               {
                   change(*self);
                   self->retry_pause_.notify();
                   if (self->lanes_)
                       self->lanes_->look_again();
                   self->queue_.events().interrupt();
               });
}

void partition_pipeline::stop()
{
    leave_early_.store(true, std::memory_order_relaxed);
    on_strand(
        [](auto& self)
        {
            self.fsm_.stop();
            if (self.running_ != nullptr && self.running_->preparing())
                self.cancel_running();
        });
}

void partition_pipeline::hold(hold_reason why)
{
    on_strand(
        [why](auto& self)
        {
            self.fsm_.hold(why);
            self.show_held();
        });
}

void partition_pipeline::release(hold_reason why)
{
    on_strand(
        [why](auto& self)
        {
            self.fsm_.release(why);
            self.show_held();
        });
}

void partition_pipeline::show_held()
{
    held_.store(fsm_.held(), std::memory_order_relaxed);
    if (lanes_)
        lanes_->hold(fsm_.held());
}

// Told by a hook that sends, it counts at once. What is told from elsewhere may arrive later than what came after it:
// so it is only told to look, and what it sees is as of now.
void partition_pipeline::look_whether_congested()
{
    asio::dispatch(strand_,
                   [self = shared_from_this()]
                   {
                       self->sends_->is_congested() ? self->fsm_.hold(hold_reason::sends)
                                                    : self->fsm_.release(hold_reason::sends);
                       self->show_held();
                       self->queue_.events().interrupt();
                   });
}

void partition_pipeline::look_again()
{
    on_strand(
        [](auto& self)
        {
            if (self.running_ == nullptr)
                self.look_whether_passed();
        });
}

void partition_pipeline::catch_up_to(std::int64_t end)
{
    on_strand(
        [end](auto& self)
        {
            self.mode_.catch_up(true);
            self.in_bulk_.store(self.mode_.bulk(), std::memory_order_relaxed);
            self.catching_up_to_ = end;
            if (self.running_ == nullptr)
                self.look_whether_passed();
        });
}

void partition_pipeline::end_catching_up()
{
    on_strand(
        [](auto& self)
        {
            self.mode_.catch_up(false);
            self.in_bulk_.store(self.mode_.bulk(), std::memory_order_relaxed);
        });
}

// 1. The run is told first: a hook that ends with operation_aborted must not be taken for a failed one.
// 2. Then the hook's own operations are cancelled; its coroutine resumes, and the run ends as cancelled.
void partition_pipeline::cancel_hooks()
{
    leave_early_.store(true, std::memory_order_relaxed);
    asio::post(strand_,
               [this, self = shared_from_this()]
               {
                   fsm_.stop();
                   cancel_running();
                   retry_pause_.notify();
                   if (lanes_)
                       lanes_->cancel();
               });
}

void partition_pipeline::cancel_running()
{
    if (running_ != nullptr)
        running_->cancel();
    cancel_.emit(asio::cancellation_type::terminal);
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

// An exception left run() itself: a cancellation between two hooks, or memory ran out.
void partition_pipeline::broke(std::exception_ptr const& error)
{
    running_ = nullptr;
    if (fsm_.broke() == partition_end::failed)
        keep_failure(hook::on_message, error, -1);
}

// The owner may read it on another strand from the moment it is told: then it stays what it is.
void partition_pipeline::keep_failure(hook where, std::exception_ptr const& error, std::int64_t offset)
{
    if (!failure_told_)
        failure_ = hook_failure{where, error, offset};
}

void partition_pipeline::tell_failure()
{
    if (fsm_.why() == partition_end::failed && !std::exchange(failure_told_, true))
        context_.owner.pipeline_failed(*this);
}

// However serve() ends, no lane is left when run() does.
asio::awaitable<void> partition_pipeline::run()
{
    try
    {
        co_await serve();
    }
    catch (...)
    {
        broke(std::current_exception());
    }
    leave_early_.store(true, std::memory_order_relaxed);
    tell_failure();
    co_await asio::this_coro::throw_if_cancelled(false);
    if (!lanes_)
        co_return;
    lanes_->look_again();
    co_await lanes_->drain();
}

asio::awaitable<void> partition_pipeline::serve()
{
    auto action = fsm_.begin();
    while (action != partition_action::end)
    {
        switch (action)
        {
        case partition_action::fetch:
            action = fetch();
            break;
        case partition_action::handle:
            if (batcher_.waiting() > 0)
                action = co_await handle_bulk();
            else if (lanes_)
                action = co_await handle_in_lanes();
            else if (handler_->asynchronous())
                action = co_await handle_async();
            else
            {
                auto batch = make_run();
                auto const end = handler_->run(batch);
                auto const waits = end == detail::batch_end::again || end == detail::batch_end::unprepared;
                action = waits ? co_await handle_on(batch, end) : finish_batch(batch, end);
            }
            break;
        case partition_action::yield:
            co_await asio::post(strand_, asio::use_awaitable);
            action = fsm_.resumed();
            break;
        case partition_action::rest:
            action = co_await rest();
            break;
        case partition_action::end:
            break;
        }
    }
}

partition_action partition_pipeline::fetch()
{
    looks_.fetch_add(1, std::memory_order_acq_rel);
    auto const got = queue_.fetch(block_);
    if (got.error)
        context_.owner.partition_error(where_, got.error, got.error_text);
    auto const records = block_->messages().size();
    in_flight_.store(waiting() + records, std::memory_order_relaxed);
    if (got.end)
        end_seen_ = got.end;
    if (records == 0)
        look_whether_passed();
    else
        record_size_.store(got.bytes / records, std::memory_order_relaxed);
    if (mode_.automatic() && (got.more || mode_.bulk()))
        choose_mode(next_offset());
    if (mode_.bulk() || batcher_.waiting() > 0)
    {
        if (records > 0)
            add_to_bulk(got.bytes);
        return fsm_.fetched(ready_for_bulk(), got.more);
    }
    block_bytes_ = got.bytes;
    return fsm_.fetched(records, got.more);
}

// Of the first record that no hook has seen; nothing_finished before the first record.
std::int64_t partition_pipeline::next_offset() const
{
    if (batcher_.waiting() > 0)
        return batcher_.first_offset();
    if (auto const messages = block_->messages(); !messages.empty())
        return messages.front()->offset;
    return tracker_.position();
}

// ---- one by one

asio::awaitable<partition_action> partition_pipeline::handle_async()
{
    auto batch = make_run();
    running_ = &batch;
    auto end = co_await handler_->run_async(batch);
    while (end == detail::batch_end::again)
    {
        co_await pause_before_retry();
        if (leave_early_.load(std::memory_order_relaxed))
            break;
        end = co_await handler_->run_async(batch);
    }
    running_ = nullptr;
    co_return finish_batch(batch, end);
}

// A plain handler's pass that has to wait: for a retry, or for what a serde needs. The records up to the one that waits
// are finished; the others of the block follow it.
asio::awaitable<partition_action> partition_pipeline::handle_on(detail::batch_run& batch, detail::batch_end end)
{
    running_ = &batch;
    while (end == detail::batch_end::again || end == detail::batch_end::unprepared)
    {
        if (end == detail::batch_end::again)
            co_await pause_before_retry();
        else
            co_await handler_->prepare(batch);
        end = batch.cancelled() ? detail::batch_end::cancelled : handler_->run(batch);
    }
    running_ = nullptr;
    co_return finish_batch(batch, end);
}

// Ends early when the pipeline is to leave.
asio::awaitable<void> partition_pipeline::pause_before_retry()
{
    auto const until = std::chrono::steady_clock::now() + retries_.pause();
    while (!leave_early_.load(std::memory_order_relaxed) && std::chrono::steady_clock::now() < until)
        co_await retry_pause_.wait(until);
    retries_.attempt_begins();
}

detail::batch_run partition_pipeline::make_run()
{
    return {*block_, block_->messages(), tracker_.in_order(), leave_early_, *this};
}

partition_action partition_pipeline::finish_batch(detail::batch_run const& run, detail::batch_end end)
{
    count(block_->messages().size() - run.unfinished(), block_bytes_);
    kafka::partition_queue::recycle(block_);
    if (end == detail::batch_end::left && run.unfinished() == 0)
        look_whether_passed();
    observe_lag();
    return fsm_.handled(end);
}

// 1. The partition's end was seen, and everything before it is finished: what lies between the last record and the end
//    are transaction markers, or records that compaction removed. The position moves over them. Not so when the
//    pipeline is to leave: then records in front of the end may have been dropped unfinished.
// 2. Whether that, or the records themselves, passed the offset that a step waits for.
// 3. What was sent on their behalf has to be acknowledged as well. It is said that somebody waits for that before it is
//    looked at, and who acknowledges asks afterwards: one of the two sees the other.
void partition_pipeline::look_whether_passed()
{
    if (end_seen_ && waiting() == 0 && !leave_early_.load(std::memory_order_relaxed))
    {
        tracker_.pass_gap(*end_seen_);
        end_seen_.reset();
    }
    if (!catching_up_to_ || tracker_.position() < *catching_up_to_)
        return;
    waits_for_acks_.store(true);
    if (position() < *catching_up_to_)
        return;
    waits_for_acks_.store(false);
    catching_up_to_.reset();
    context_.owner.partition_passed(where_);
}

void partition_pipeline::count(std::size_t records, std::uint64_t bytes)
{
    records_.fetch_add(records, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    in_flight_.store(waiting(), std::memory_order_relaxed);
    context_.totals.records.fetch_add(records, std::memory_order_relaxed);
    context_.totals.bytes.fetch_add(bytes, std::memory_order_relaxed);
    if (auto const limit = context_.settings.commit.records; limit > 0)
        if (context_.totals.uncommitted.fetch_add(records, std::memory_order_relaxed) + records >= limit)
            context_.owner.commit_due();
}

// ---- several at a time

asio::awaitable<partition_action> partition_pipeline::handle_in_lanes()
{
    auto block = std::exchange(block_, take_spare_block());
    co_await lanes_->take(std::move(block));
    co_return fsm_.handled(detail::batch_end::left);
}

void partition_pipeline::record_finished(record_view const& record)
{
    count(1, record.key_bytes().size() + record.value_bytes().size());
    look_whether_passed();
}

void partition_pipeline::block_used_up(detail::block_holder block)
{
    keep_spare(std::move(block));
    observe_lag();
}

// The queue is waited at by nobody who could be told; so its wait is ended, and the machine then says `end`. A failure
// is told at once: hooks of other records may take for ever, and only the owner has deadlines for them.
void partition_pipeline::lane_stopped(detail::batch_end how, std::exception_ptr const& error)
{
    leave_early_.store(true, std::memory_order_relaxed);
    if (error)
        broke(error);
    fsm_.ended(error ? detail::batch_end::left : how);
    tell_failure();
    queue_.events().interrupt();
}

// ---- in bulk

void partition_pipeline::add_to_bulk(std::uint64_t bytes)
{
    if (batcher_.waiting() == 0)
        bulk_deadline_ = std::chrono::steady_clock::now() + policy_.max_wait;
    batcher_.add(std::exchange(block_, take_spare_block()), bytes);
}

detail::block_holder partition_pipeline::take_spare_block()
{
    if (spare_blocks_.empty())
        return {};
    auto spare = std::move(spare_blocks_.back());
    spare_blocks_.pop_back();
    return spare;
}

void partition_pipeline::keep_spare(detail::block_holder used)
{
    kafka::partition_queue::recycle(used);
    if (used)
        spare_blocks_.push_back(std::move(used));
}

// A partition that has just turned back to single handles what it gathered as one last bulk.
std::size_t partition_pipeline::ready_for_bulk() const
{
    auto const ready = batcher_.waiting() > 0 &&
                       (batcher_.full() || !mode_.bulk() || std::chrono::steady_clock::now() >= bulk_deadline_);
    return ready ? batcher_.waiting() : 0;
}

asio::awaitable<partition_action> partition_pipeline::handle_bulk()
{
    if (lanes_)
        co_await lanes_->drain();
    if (leave_early_.load(std::memory_order_relaxed) || fsm_.held())
        co_return fsm_.handled(detail::batch_end::left);
    auto const records = batcher_.next();
    auto const size = records.size();
    auto const bytes = batcher_.bulk_bytes();
    auto bulk = detail::bulk_run{records, tracker_.in_order(), *this};
    running_ = &bulk;
    auto end = co_await handler_->run_bulk(bulk);
    while (end == detail::batch_end::again || (end == detail::batch_end::left && !bulk.records().empty()))
    {
        if (end == detail::batch_end::again)
            co_await pause_before_retry();
        if (leave_early_.load(std::memory_order_relaxed))
            break;
        end = co_await handler_->run_bulk(bulk);
    }
    running_ = nullptr;
    batcher_.drop([this](detail::block_holder used) { keep_spare(std::move(used)); });
    if (batcher_.waiting() > 0)
        bulk_deadline_ = std::chrono::steady_clock::now() + policy_.max_wait;
    count(size - bulk.records().size(), bulk.records().empty() ? bytes : 0);
    if (end == detail::batch_end::left && bulk.records().empty())
        look_whether_passed();
    observe_lag();
    if (mode_.automatic() && batcher_.waiting() == 0)
        choose_mode(tracker_.position());
    co_return fsm_.handled(end, ready_for_bulk() > 0);
}

void partition_pipeline::choose_mode(std::int64_t next)
{
    auto const high = queue_.high_watermark();
    if (!high || next == offset_tracker::nothing_finished)
        return;
    auto const waiting = lag(*high, next);
    if (!mode_.wants_change(waiting) || !mode_.update(waiting, std::chrono::steady_clock::now()))
        return;
    in_bulk_.store(mode_.bulk(), std::memory_order_relaxed);
    auto const now = mode_.bulk() ? handling_mode::bulk : handling_mode::single;
    auto const threshold = mode_.bulk() ? policy_.enter_above_lag : policy_.leave_below_lag;
    context_.settings.log(log_level::info, to_string(where_) + ": now " + std::string{to_string(now)} + ": " +
                                               std::to_string(waiting) + " records wait, " +
                                               (mode_.bulk() ? "more" : "fewer") + " than " +
                                               std::to_string(threshold));
    if (auto const& watcher = context_.settings.watcher)
        watcher->on_mode(where_, now, waiting);
}

// ---- waiting

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

void partition_pipeline::observe_lag()
{
    auto const high = queue_.high_watermark();
    auto const next = tracker_.position();
    if (!high || next == offset_tracker::nothing_finished)
        return;
    auto const records = lag(*high, next);
    last_lag_.store(records, std::memory_order_relaxed);
    if (auto const& watcher = context_.settings.watcher)
        watcher->on_lag(where_, records);
}

error_action::kind partition_pipeline::hook_failed(hook where, std::exception_ptr const& error,
                                                   record_view const& record, error_action const& action) noexcept
{
    return failed_in_lane(retries_, where, error, record, action);
}

error_action::kind partition_pipeline::failed_in_lane(detail::retry_fsm& retries, hook where,
                                                      std::exception_ptr const& error, record_view const& record,
                                                      error_action const& action) noexcept
{
    try
    {
        return settle(retries, where, error, record, action);
    }
    catch (std::exception const&)
    {
        keep_failure(where, error, record.offset());
        return error_action::kind::fail;
    }
}

error_action::kind partition_pipeline::settle(detail::retry_fsm& retries, hook where, std::exception_ptr const& error,
                                              record_view const& record, error_action const& action)
{
    auto const chance = std::generate_canonical<double, 24>(random_);
    auto const verdict = retries.failed(record.offset(), action, std::chrono::steady_clock::now(), chance);
    auto const fails = verdict == error_action::kind::fail;
    if (fails || may_log())
        context_.settings.log(fails ? log_level::error : log_level::warning,
                              to_string(where_) + "@" + std::to_string(record.offset()) + ": " +
                                  std::string{to_string(where)} + " failed: " + describe(error) +
                                  consequence(verdict, retries));
    if (fails)
        keep_failure(where, error, record.offset());
    else
        (verdict == error_action::kind::skip ? context_.totals.skipped : context_.totals.retried)
            .fetch_add(1, std::memory_order_relaxed);
    if (auto const& watcher = context_.settings.watcher)
        watcher->on_hook_error(where, error, record);
    return verdict;
}

std::string partition_pipeline::consequence(error_action::kind verdict, detail::retry_fsm const& retries)
{
    auto const tried = retries.retries() == 0 ? "" : " after " + std::to_string(retries.retries()) + " retries";
    switch (verdict)
    {
    case error_action::kind::fail:
        return "; the engine stops" + tried;
    case error_action::kind::skip:
        return "; the record is skipped" + tried + others_not_logged();
    case error_action::kind::retry:
        return "; retry " + std::to_string(retries.retries()) + " in " + std::to_string(retries.pause().count()) +
               " ms" + others_not_logged();
    }
    return "";
}

// A topic full of bad records must not fill the log: one line a second tells of the others.
bool partition_pipeline::may_log()
{
    auto const now = std::chrono::steady_clock::now();
    if (now - last_logged_ < std::chrono::seconds{1})
    {
        ++not_logged_;
        return false;
    }
    last_logged_ = now;
    return true;
}

std::string partition_pipeline::others_not_logged()
{
    auto const others = std::exchange(not_logged_, 0);
    return others == 0 ? "" : ", like " + std::to_string(others) + " failures before that were not logged";
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
    if (auto const records = last_lag_.load(std::memory_order_relaxed); records >= 0)
        result.lag = records;
    result.in_flight = in_flight_.load(std::memory_order_relaxed);
    result.prefetched = queue_.length();
    result.buffered_bytes = (result.prefetched + result.in_flight) *
                            (record_size_.load(std::memory_order_relaxed) + kafka::message_overhead);
    result.held = held_.load(std::memory_order_relaxed);
    result.mode = in_bulk_.load(std::memory_order_relaxed) ? handling_mode::bulk : handling_mode::single;
    return result;
}

} // namespace paperboy::pipeline

#include "pipeline/partition_pipeline.hpp"

#include <paperboy/detail/shard_core.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace paperboy::pipeline
{

namespace asio = boost::asio;

namespace
{

using namespace std::chrono_literals;

// Timing takes about 0.2 µs of a record's CPU: 0.2 % of hooks that take this long. How long awaitable ones take says
// nothing of their CPU, and hundreds may wait at once.
constexpr auto between_timed_hooks = std::chrono::nanoseconds{100us};
constexpr auto between_timed_awaitable_hooks = std::chrono::nanoseconds{100ms};

std::size_t block_size(config const& settings, handler_options const& options)
{
    return options.ordering == ordering::partition ? settings.batch_size
                                                   : std::min(settings.batch_size, lanes::most_in_block);
}

} // namespace

partition_pipeline::partition_pipeline(pipeline_context context, std::shared_ptr<kafka::client> client,
                                       slim_strand strand, topic_partition where, std::size_t fetch_limit,
                                       std::unique_ptr<detail::batch_handler> handler, handler_options const& options,
                                       std::string name)
    : context_{context}, where_{std::move(where)}, strand_{std::move(strand)},
      queue_{std::move(client), strand_, where_, sends_, fetch_limit, block_size(context.settings, options)},
      handler_{std::move(handler)}, watch_{std::make_shared<partition_watch>(where_, std::move(name))},
      stand_{watch_->add(tracker_.in_order())},
      sampling_{handler_->asynchronous() ? between_timed_awaitable_hooks : between_timed_hooks}, policy_{*options.mode},
      mode_{policy_, handler_->handles_bulks()}, batcher_{policy_}, wait_timer_{strand_}, failures_{options},
      attempts_{strand_}, random_{static_cast<unsigned>(where_.partition) + 1U}
{
    if (options.ordering != ordering::partition)
        lanes_.emplace(strand_, *handler_, options, tracker_, leave_early_, static_cast<lanes_owner&>(*this),
                       &sampling_);
    in_bulk_.store(mode_.bulk());
}

partition_pipeline::~partition_pipeline()
{
    watch_->take_down();
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
                   self->attempts_.notify();
                   if (self->lanes_)
                       self->lanes_->look_again();
                   self->queue_.events().interrupt();
               });
}

// In this order: see show_held().
void partition_pipeline::leave() noexcept
{
    leave_early_.store(true);
    takes_no_more_.store(true);
}

void partition_pipeline::give_hooks_up() noexcept
{
    leave();
    hooks_given_up_.store(true);
}

void partition_pipeline::stop()
{
    leave();
    on_strand(
        [](auto& self)
        {
            self.fsm_.stop();
            if (self.running_ != nullptr && self.running_->preparing())
                self.cancel_running();
        });
}

// Hooks that run on the strand see it at once.
void partition_pipeline::hold(hold_reason why)
{
    takes_no_more_.store(true);
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

void partition_pipeline::limit(std::size_t max_records, std::size_t max_bytes, std::size_t block_bytes)
{
    on_strand(
        [max_records, max_bytes, block_bytes](auto& self)
        {
            self.block_limit_ = block_bytes;
            self.batcher_.limit(max_records, max_bytes);
            if (self.lanes_)
                self.lanes_->limit(max_bytes);
        });
}

// 1. leave_early_ is not set yet, and so `takes no more` is to be false.
// 2. Another thread leaves: it sets both.
// 3. Only now is the false one stored; it would hide that from the hooks of a whole block.
// So leave_early_ is looked at again. A hold() that is hidden like this comes to the strand itself.
void partition_pipeline::show_held()
{
    held_.store(fsm_.held(), std::memory_order_relaxed);
    takes_no_more_.store(fsm_.held());
    if (leave_early_.load())
        takes_no_more_.store(true);
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

void partition_pipeline::begin_catching_up()
{
    on_strand([](auto& self) { self.catches_up(true); });
}

void partition_pipeline::catch_up_to(std::int64_t end, std::uint64_t plan)
{
    on_strand(
        [end, plan](auto& self)
        {
            self.catches_up(true);
            self.catches_up_to(end);
            self.catches_up_for_ = plan;
            if (self.running_ == nullptr)
                self.look_whether_passed();
        });
}

void partition_pipeline::catches_up_to(std::optional<std::int64_t> end)
{
    catching_up_to_ = end;
    shown_end_.store(end.value_or(offset_tracker::nothing_finished), std::memory_order_relaxed);
}

void partition_pipeline::end_catching_up()
{
    on_strand([](auto& self) { self.catches_up(false); });
}

// 1. The run is told first: a hook that ends with operation_aborted must not be taken for a failed one.
// 2. Then the hook's own operations are cancelled; its coroutine resumes, and the run ends as cancelled.
void partition_pipeline::cancel_hooks()
{
    give_hooks_up();
    asio::post(strand_, [self = shared_from_this()] { self->cancel_all(); });
}

// As the first step of cancel_hooks(): several pipelines may use a table, and it is lost for all of them at once.
void partition_pipeline::mark_lost()
{
    give_hooks_up();
    asio::post(strand_,
               [self = shared_from_this()]
               {
                   self->fsm_.stop();
                   if (self->running_ != nullptr)
                       self->running_->cancel();
                   if (self->lanes_)
                       self->lanes_->mark_cancelled();
               });
}

// Its tables hear of it before a hook can make another change.
void partition_pipeline::lose()
{
    asio::post(strand_,
               [self = shared_from_this()]
               {
                   for (auto const& each : self->sends_->shards())
                       if (each)
                           each->lose();
                   self->cancel_all();
               });
}

void partition_pipeline::cancel_all()
{
    fsm_.stop();
    cancel_running();
    attempts_.notify();
    if (lanes_)
        lanes_->cancel();
}

void partition_pipeline::cancel_running()
{
    if (running_ != nullptr)
        running_->cancel();
    cancel_.emit(asio::cancellation_type::terminal);
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
    if (fsm_.why() == partition_end::failed && failure_ && !std::exchange(failure_told_, true))
        context_.owner.pipeline_failed(*this);
}

// 1. A pipeline that is held back is started late: its table is restored, or the straggler in front of it has ended.
// 2. The run's strand starts it. The partition's own is idle, so its coroutine would begin inside that call.
// 3. Its queue has been filled meanwhile: all hooks of a block would run on the run's strand, and until they return
//    nothing is committed, revoked or stopped, whatever config::shutdown_timeout says.
// So it begins with a turn of its own. However serve() ends, no lane is left when run() does.
asio::awaitable<void> partition_pipeline::run()
{
    try
    {
        co_await asio::post(strand_, asio::use_awaitable);
        co_await serve();
    }
    catch (...)
    {
        broke(std::current_exception());
    }
    leave();
    wait_timer_.cancel(); // or the wait for a bulk would keep all this for as long as max_wait
    tell_failure();
    co_await asio::this_coro::throw_if_cancelled(false);
    tell_shards();
    if (lanes_)
    {
        lanes_->look_again();
        co_await lanes_->drain();
        tell_shards();
    }
    fall_in_the_end();
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
        {
            auto const began = std::chrono::steady_clock::now();
            auto const bulk = batcher_.waiting() > 0;
            if (falls_ && !bulk) [[unlikely]]
                co_await begin_lower();
            if (bulk)
                action = co_await handle_bulk();
            else if (lanes_)
                action = co_await handle_in_lanes();
            else if (handler_->asynchronous())
                action = co_await handle_async();
            else
            {
                auto batch = make_run();
                auto const end = run_hooks(batch);
                action = has_to_wait(batch, end) ? co_await handle_on(batch, end) : finish_batch(batch, end);
            }
            if (bulk || !lanes_)
                (bulk ? context_.of_topic.bulk : context_.of_topic.single)
                    .add(std::chrono::steady_clock::now() - began);
            break;
        }
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

} // namespace paperboy::pipeline

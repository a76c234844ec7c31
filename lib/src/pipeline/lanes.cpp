#include "pipeline/lanes.hpp"

#include "kafka/memory_plan.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <string_view>
#include <utility>

namespace paperboy::pipeline
{

namespace asio = boost::asio;

namespace
{

// Admission that had to stop goes on when a quarter is free, not at every record that ends.
constexpr std::size_t refill_below(std::size_t limit)
{
    return limit - limit / 4;
}

std::size_t size_of(detail::message const& of)
{
    return of.key_size + of.value_size;
}

std::size_t memory_of(detail::record_block const& block)
{
    auto sum = std::size_t{0};
    for (auto const* const each : block.messages())
        sum += size_of(*each) + kafka::message_overhead;
    return sum;
}

std::string_view key_of(detail::message const& of)
{
    return {static_cast<char const*>(of.key), of.key_size};
}

} // namespace

std::size_t lanes::look_ahead(handler_options const& options) noexcept
{
    return 1000 + 4 * options.max_concurrency;
}

lanes::lanes(strand_signal::strand const& strand, detail::batch_handler& handler, handler_options const& options,
             offset_tracker& tracker, std::atomic<bool> const& stop, lanes_owner& owner,
             detail::record_sampling* sampling)
    : strand_{strand}, handler_{handler}, ordering_{options.ordering}, max_lanes_{options.max_concurrency},
      max_bytes_{options.mode ? options.mode->max_bytes : mode_policy{}.max_bytes},
      max_unfinished_{options.max_unfinished}, tracker_{tracker}, stop_{stop}, owner_{owner}, sampling_{sampling},
      schedule_{look_ahead(options)}, admitted_(look_ahead(options)), changed_{strand}
{
}

bool lanes::begins_none() const noexcept
{
    return stopped_ || stop_.load(std::memory_order_relaxed);
}

bool lanes::has_room() const noexcept
{
    return schedule_.unfinished() < schedule_.capacity() && bytes_ < max_bytes_ && tracker_.held() < max_unfinished_;
}

bool lanes::has_room_again() const noexcept
{
    return schedule_.unfinished() < refill_below(schedule_.capacity()) && bytes_ < refill_below(max_bytes_) &&
           tracker_.held() < refill_below(max_unfinished_);
}

// One block always has: what it holds is bounded by the queue that it came out of.
bool lanes::has_room_for_block(std::size_t memory) const noexcept
{
    return memory_ == 0 || memory_ + memory <= max_bytes_;
}

// ---- records come in

asio::awaitable<void> lanes::take(detail::block_holder block)
{
    to_admit_ = block->messages().size();
    auto const memory = memory_of(*block);
    while (!has_room_for_block(memory) && !begins_none())
        co_await changed_.wait();
    auto& from = hold_block(std::move(block), memory);
    for (auto const* const each : from.block->messages())
    {
        if (!has_room())
            while (!has_room_again() && !begins_none())
                co_await changed_.wait();
        if (begins_none())
            break;
        admit(from, *each);
        start_lanes();
    }
    let_go(from);
}

void lanes::admit(used_block& from, detail::message const& message)
{
    ++from.left;
    auto const keyed = ordering_ == ordering::key && message.key != nullptr;
    auto const which = keyed ? schedule_.admit(std::hash<std::string_view>{}(key_of(message))) : schedule_.admit();
    bytes_ += size_of(message);
    admitted_[which] = {&from, &message, tracker_.admit(message.offset)};
    --to_admit_;
}

// The block counts as used by the reader itself until all its records are admitted.
lanes::used_block& lanes::hold_block(detail::block_holder block, std::size_t memory)
{
    if (spare_blocks_.empty())
        spare_blocks_.push_back(&blocks_.emplace_back());
    auto& room = *spare_blocks_.back();
    spare_blocks_.pop_back();
    room.block = std::move(block);
    room.left = 1;
    room.memory = memory;
    memory_ += memory;
    return room;
}

void lanes::let_go(used_block& from)
{
    if (--from.left > 0)
        return;
    memory_ -= from.memory;
    owner_.block_used_up(std::exchange(from.block, {}));
    changed_.notify();
    spare_blocks_.push_back(&from);
}

// ---- and are handled

// Nobody above could take an exception: memory ran out, or a serde could not be copied.
void lanes::start_lanes()
{
    try
    {
        while (living() < max_lanes_)
        {
            auto const first = next();
            if (!first)
                return;
            start_lane(*first);
        }
    }
    catch (...)
    {
        stop_with(detail::batch_end::failed, std::current_exception());
    }
}

std::optional<key_schedule::slot> lanes::next()
{
    if (held_ || begins_none())
        return std::nullopt;
    return schedule_.begin();
}

void lanes::start_lane(key_schedule::slot first)
{
    auto& chosen = idle_lane();
    auto ended = [this, &chosen, owner = keep_alive_.lock()](std::exception_ptr const& error)
    { lane_ended(chosen, error); };
    try
    {
        asio::co_spawn(strand_, run(chosen, first),
                       asio::bind_cancellation_slot(chosen.cancel.slot(), std::move(ended)));
    }
    catch (...)
    {
        idle_.push_back(&chosen);
        throw;
    }
}

lanes::lane& lanes::idle_lane()
{
    if (idle_.empty())
    {
        auto made = std::make_unique<lane>(owner_, strand_);
        made->handler = handler_.another();
        made->stand = owner_.stand_for(made->position);
        idle_.reserve(all_.size() + 1);
        idle_.push_back(all_.emplace_back(std::move(made)).get());
    }
    auto& chosen = *idle_.back();
    idle_.pop_back();
    return chosen;
}

asio::awaitable<void> lanes::run(lane& self, key_schedule::slot first)
{
    auto const leaves = [this] { return begins_none(); };
    for (auto which = std::optional{first}; which; which = next())
    {
        auto const& chosen = admitted_[*which];
        auto record =
            detail::batch_run{*chosen.from->block, {&chosen.message, 1}, self.position, stop_, self, sampling_};
        self.running = &record;
        auto pass = std::optional<hook_pass>{};
        pass.emplace(self.stand, chosen.message->offset);
        auto end = co_await self.handler->run_async(record);
        while (end == detail::batch_end::again)
        {
            pass.reset();
            co_await self.attempts.pause(leaves);
            if (begins_none())
                break;
            pass.emplace(self.stand, chosen.message->offset);
            end = co_await self.handler->run_async(record);
        }
        pass.reset();
        self.running = nullptr;
        settle(*which, end, record.unfinished() == 0);
    }
}

void lanes::settle(key_schedule::slot which, detail::batch_end end, bool finished)
{
    if (!finished)
    {
        if (end == detail::batch_end::failed || end == detail::batch_end::cancelled)
            stop_with(end, nullptr);
        return;
    }
    auto const ended = admitted_[which];
    tracker_.finish(ended.ticket);
    schedule_.finish(which);
    bytes_ -= size_of(*ended.message);
    owner_.record_finished({*ended.from->block, *ended.message});
    let_go(*ended.from);
    if (has_room_again())
        changed_.notify();
}

void lanes::lane_ended(lane& which, std::exception_ptr const& error)
{
    which.running = nullptr;
    idle_.push_back(&which);
    if (error)
        stop_with(detail::batch_end::failed, error);
    else
        start_lanes();
    if (living() == 0)
        changed_.notify();
}

// ---- the end

asio::awaitable<void> lanes::drain()
{
    while (living() > 0 || (schedule_.unfinished() > 0 && !begins_none()))
        co_await changed_.wait();
}

// What a hook sends may be what releases: the others begin after it, not inside it.
void lanes::hold(bool on)
{
    if (std::exchange(held_, on) && !on)
        if (auto owner = keep_alive_.lock())
            asio::post(strand_, [this, alive = std::move(owner)] { start_lanes(); });
}

void lanes::stop_with(detail::batch_end how, std::exception_ptr const& error)
{
    stopped_ = true;
    owner_.lane_stopped(how, error);
    look_again();
}

void lanes::look_again()
{
    changed_.notify();
    for (auto const& each : all_)
    {
        each->attempts.notify();
        if (begins_none() && each->running != nullptr && each->running->preparing())
            each->cancel_hooks();
    }
}

void lanes::begin_anew()
{
    for (auto const& each : all_)
        each->attempts.begin_anew();
}

void lanes::mark_cancelled() noexcept
{
    stopped_ = true;
    for (auto const& each : all_)
        if (each->running != nullptr)
            each->running->cancel();
}

void lanes::cancel()
{
    stopped_ = true;
    for (auto const& each : all_)
        each->cancel_hooks();
    look_again();
}

} // namespace paperboy::pipeline

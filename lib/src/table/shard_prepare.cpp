// The part of a shard that gets what its serdes need, as schemas of a registry.
//
// 1. Hooks decode at once: nothing may be in the table whose schema is not there.
// 2. So a record of the changelog is looked at before it is taken, and the reading waits for what it lacks.
// 3. What an older run has left in a store was looked at by that run alone, so all of it is looked at once more.
//
// A registry that is away is waited for, however long that takes: the table is being restored meanwhile. One that says
// again and again that it has no such schema is not: that entry cannot be decoded, and whoever reads it is told.

#include "table/shard.hpp"

#include <paperboy/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <span>
#include <utility>

namespace paperboy::tables
{

namespace asio = boost::asio;

namespace
{

constexpr auto pause = std::chrono::seconds{1};

// After so many an entry counts as one that cannot be decoded; what others of its shard need is then asked for once.
constexpr auto most_refusals = 3;

// How many entries one look takes, before others get their turn.
constexpr auto turn = 1000;

} // namespace

bool shard::can_decode(std::span<shard_change const> changes)
{
    auto const ready = table().setup().preparation.ready;
    return ready == nullptr ||
           std::ranges::all_of(changes, [&](auto const& each) { return ready(serdes(), each.key, each.value); });
}

// co_spawn runs the work at once where it is on the strand already, and its caller may hold the lock of a global table:
// so the work posts first.
void shard::start_preparing(asio::awaitable<void> work)
{
    ++preparing_;
    auto const stop = std::make_shared<asio::cancellation_signal>();
    stop_preparing_ = stop;
    auto const done = [self = shared_from_this(), stop, reading = readings_](std::exception_ptr const& error)
    {
        auto const lock = self->lock_if_global();
        if (error && self->readings_ == reading)
            self->fail(errc::restore_failed, self->describe() + ": what its changes are decoded with cannot be got");
        if (--self->preparing_ == 0 && self->phase_ == phase::closing && !self->writing_)
            self->close_store();
    };
    asio::co_spawn(strand_, std::move(work), asio::bind_cancellation_slot(stop->slot(), done));
}

void shard::stop_preparing()
{
    ++readings_;
    block_waits_ = false;
    if (auto const stop = std::exchange(stop_preparing_, nullptr))
        stop->emit(asio::cancellation_type::terminal);
}

// False: nobody wants it any more.
asio::awaitable<bool> shard::prepare(std::string_view key, std::optional<std::string_view> value, std::uint64_t reading)
{
    auto const& how = table().setup().preparation;
    auto refusals = 0;
    co_await asio::this_coro::throw_if_cancelled(false);
    while (readings_ == reading && !how.ready(serdes(), key, value))
    {
        auto trouble = std::string{};
        try
        {
            co_await how.prepare(serdes(), key, value);
            break;
        }
        catch (decode_error const& error)
        {
            trouble = error.what();
            ++refusals;
        }
        catch (std::exception const& error)
        {
            trouble = error.what();
        }
        if (readings_ != reading || (refused_ && refusals > 0))
            break;
        if (refusals == most_refusals)
        {
            refused_ = true;
            context_.log(log_level::error,
                         describe() + " has entries that cannot be decoded; reading them fails: " + trouble);
            break;
        }
        context_.log(log_level::warning, describe() + " waits for what its changes are decoded with: " + trouble);
        auto timer = asio::steady_timer{strand_, pause};
        auto ignored = boost::system::error_code{};
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return readings_ == reading;
}

asio::awaitable<void> shard::prepare_stored(std::int64_t from, std::uint64_t reading)
{
    auto const self = shared_from_this();
    co_await asio::post(strand_, asio::use_awaitable);
    auto trouble = std::optional<store_error>{};
    try
    {
        auto const at = store_->scan({}, {});
        for (auto seen = 1; at->valid(); at->next(), ++seen)
        {
            auto const entry = shard_change{at->key(), at->value()};
            auto wanted = true;
            if (!can_decode(std::span{&entry, 1}))
                wanted = co_await prepare(entry.key, entry.value, reading);
            if (seen % turn == 0)
                co_await asio::post(strand_, asio::use_awaitable);
            if (!wanted || readings_ != reading)
                co_return;
        }
    }
    catch (store_error const& error)
    {
        trouble = error;
    }
    auto const lock = lock_if_global();
    if (readings_ != reading)
        co_return;
    if (trouble)
        store_failed(*trouble);
    else
        ask_changelog(from);
}

asio::awaitable<void> shard::prepare_block(restore_buffer changes, std::int64_t next_offset, std::uint64_t reading)
{
    auto const self = shared_from_this();
    co_await asio::post(strand_, asio::use_awaitable);
    auto const all = changes.all();
    for (auto const& each : all)
    {
        auto const wanted = co_await prepare(each.key, each.value, reading);
        if (!wanted)
            co_return;
    }
    auto const lock = lock_if_global();
    block_waits_ = false;
    if (come_too_late())
        co_return;
    take(all, next_offset);
    if (!held_)
        reading_.resume();
}

} // namespace paperboy::tables

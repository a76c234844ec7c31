#pragma once

#include "support/engine_fixture.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace paperboy::test
{

// Looks again and again, for a hook that other threads let go.
template <class Condition>
boost::asio::awaitable<void> until(Condition holds)
{
    auto timer = boost::asio::steady_timer{co_await boost::asio::this_coro::executor};
    while (!holds())
    {
        timer.expires_after(std::chrono::milliseconds{1});
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
}

// Whether no assigned partition takes records; true where none is assigned.
[[nodiscard]] inline bool all_are_held(engine const& of)
{
    auto const all = of.stats().partitions;
    return std::ranges::all_of(all, [](auto const& each) { return each.held; });
}

// Keeps the last value of each key in a table.
struct setting_handler
{
    table<std::string, std::string, text, text> last;

    void on_message(record_view const& record) const { last.shard(record).set(record.key(), record.value()); }
};

// What a hanging handler has seen and done.
struct hang_log
{
    std::vector<std::int64_t> begun;
    std::vector<std::int64_t> finished;
    // How often a waiting hook was left by an exception, and by the destruction of its frame.
    int cancelled = 0;
    int left = 0;
};

// Finishes the records before `hangs_at`; there it waits for ever, in an operation that can be cancelled.
class hanging_handler
{
public:
    hanging_handler(watched<hang_log>& log, std::int64_t hangs_at) : log_{&log}, hangs_at_{hangs_at} {}

    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        log_->update([&](hang_log& all) { all.begun.push_back(record.offset()); });
        if (record.offset() == hangs_at_)
            co_await wait_for_ever();
    }

    void on_finished_handling(record_view const& record)
    {
        log_->update([&](hang_log& all) { all.finished.push_back(record.offset()); });
    }

private:
    struct leaving
    {
        watched<hang_log>* log;
        ~leaving()
        {
            log->update([](hang_log& all) { ++all.left; });
        }
    };

    boost::asio::awaitable<void> wait_for_ever()
    {
        auto const guard = leaving{log_};
        auto const executor = co_await boost::asio::this_coro::executor;
        auto timer = boost::asio::steady_timer{executor, boost::asio::steady_timer::time_point::max()};
        auto error = error_code{};
        try
        {
            co_await timer.async_wait(boost::asio::use_awaitable);
        }
        catch (boost::system::system_error const& cancelled)
        {
            error = cancelled.code();
        }
        log_->update([&](hang_log& all) { all.cancelled += error == boost::asio::error::operation_aborted ? 1 : 0; });
        throw boost::system::system_error{error};
    }

    watched<hang_log>* log_;
    std::int64_t hangs_at_;
};

[[nodiscard]] inline auto begun(std::int64_t offset)
{
    return [offset](hang_log const& all) { return std::ranges::count(all.begun, offset) > 0; };
}

// Blocks its thread on one record until it is let go.
class blocking_handler
{
public:
    struct state
    {
        bool inside = false;
        bool open = false;
    };

    blocking_handler(watched<state>& shared, std::int64_t blocks_at) : shared_{&shared}, blocks_at_{blocks_at} {}

    void on_message(record_view const& record)
    {
        if (record.offset() != blocks_at_)
            return;
        shared_->update([](state& all) { all.inside = true; });
        static_cast<void>(shared_->wait_until([](state const& all) { return all.open; }));
    }

private:
    watched<state>* shared_;
    std::int64_t blocks_at_;
};

} // namespace paperboy::test

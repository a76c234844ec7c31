#include "serde/registry_turns.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <string>
#include <utility>

namespace paperboy::serde
{

namespace asio = boost::asio;

// In the queue while it lives, unless its turn has come: its frame may go away at any time.
struct registry_turns::waiter
{
    waiter(registry_turns& in, std::chrono::steady_clock::time_point deadline)
        : queue{in.waiting_}, place{queue.insert(queue.end(), this)}, timer{in.strand_, deadline}
    {
    }
    waiter(waiter const&) = delete;
    waiter& operator=(waiter const&) = delete;
    ~waiter()
    {
        if (!called)
            queue.erase(place);
    }

    std::list<waiter*>& queue;
    std::list<waiter*>::iterator place;
    asio::steady_timer timer;
    bool called = false;
};

asio::awaitable<registry_turns::turn> registry_turns::take(exchange_control& control,
                                                           std::chrono::steady_clock::time_point deadline)
{
    if (taken_ < most_)
    {
        ++taken_;
        co_return turn{*this};
    }
    auto self = waiter{*this, deadline};
    auto const abortable = exchange_control::stage{control, [&self] { self.timer.cancel(); }};
    auto ignored = boost::system::error_code{};
    co_await self.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    // Called, it has to be passed on even now.
    if (self.called)
    {
        auto mine = turn{*this};
        if (!control.aborted())
            co_return mine;
    }
    if (control.aborted())
        throw boost::system::system_error{asio::error::operation_aborted};
    throw exchange_error{true, "all " + std::to_string(most_) +
                                   " connections (schema_registry_settings::max_connections) were in use for too long"};
}

// The turn goes straight to the next, so that nobody who comes meanwhile is before it.
void registry_turns::next()
{
    if (waiting_.empty())
    {
        --taken_;
        return;
    }
    auto& chosen = *waiting_.front();
    waiting_.pop_front();
    chosen.called = true;
    chosen.timer.cancel();
}

} // namespace paperboy::serde

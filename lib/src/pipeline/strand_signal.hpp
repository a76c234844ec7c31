#pragma once

#include "pipeline/slim_executor.hpp"

#include <paperboy/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace paperboy::pipeline
{

// Lets one coroutine of a strand wait for another to tell it that something has changed. All of it on the strand, so
// between looking and waiting nothing can change. By a timer: unlike a handler kept here, a wait that is left over when
// the execution context goes away goes with it.
class strand_signal
{
public:
    using strand = slim_strand;

    explicit strand_signal(strand const& on) : timer_{on} {}

    using time_point = std::chrono::steady_clock::time_point;

    // Completes at the next notify(), at the latest at the given time.
    [[nodiscard]] boost::asio::awaitable<void> wait(time_point until = time_point::max())
    {
        auto ignored = error_code{};
        timer_.expires_at(until);
        waiting_ = true;
        co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
        waiting_ = false;
    }

    [[nodiscard]] bool waiting() const noexcept { return waiting_; }

    void notify()
    {
        if (waiting_)
            timer_.cancel();
    }

private:
    using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>, strand>;

    timer timer_;
    bool waiting_ = false;
};

} // namespace paperboy::pipeline

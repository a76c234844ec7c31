#pragma once

#include "pipeline/slim_executor.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <cstdint>
#include <utility>

namespace paperboy::engine_detail
{

// A timer of one strand. Starting it again or stopping it disarms what was started before, even when its expiry is
// already queued: a queued expiry has an old number.
class strand_timer
{
public:
    using strand = pipeline::slim_strand;

    explicit strand_timer(strand const& on) : timer_{on} {}

    // Calls `expired` on the strand after `delay`. `expired` has to keep this timer's owner alive.
    template <class F>
    void start(std::chrono::steady_clock::duration delay, F expired)
    {
        auto const number = ++number_;
        armed_ = true;
        timer_.expires_after(delay);
        timer_.async_wait(
            [this, number, expired = std::move(expired)](boost::system::error_code error) mutable
            {
                if (error || number != number_)
                    return;
                armed_ = false;
                expired();
            });
    }

    void stop()
    {
        ++number_;
        armed_ = false;
        timer_.cancel();
    }

    [[nodiscard]] bool armed() const noexcept { return armed_; }

    // Until it expires, where it is armed.
    [[nodiscard]] std::chrono::steady_clock::duration left() const
    {
        return timer_.expiry() - std::chrono::steady_clock::now();
    }

private:
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                      strand>
        timer_;
    std::uint64_t number_ = 0;
    bool armed_ = false;
};

} // namespace paperboy::engine_detail

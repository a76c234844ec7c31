#pragma once

#include "serde/registry_http.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <utility>

namespace paperboy::serde
{

// Who may use a connection: at most so many at a time, the others in the order in which they came. Used on one strand.
class registry_turns
{
    struct waiter;

public:
    // Let go by its destructor, which calls the next.
    class turn
    {
    public:
        explicit turn(registry_turns& of) noexcept : of_{&of} {}
        turn(turn&& other) noexcept : of_{std::exchange(other.of_, nullptr)} {}
        turn& operator=(turn&&) = delete;
        ~turn()
        {
            if (of_ != nullptr)
                of_->next();
        }

    private:
        registry_turns* of_;
    };

    registry_turns(boost::asio::any_io_executor strand, std::size_t most) : strand_{std::move(strand)}, most_{most} {}
    registry_turns(registry_turns const&) = delete;
    registry_turns& operator=(registry_turns const&) = delete;

    // Throws exchange_error when the turn has not come by the deadline, system_error with operation_aborted after
    // control.abort().
    boost::asio::awaitable<turn> take(exchange_control& control, std::chrono::steady_clock::time_point deadline);

    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

private:
    void next();

    boost::asio::any_io_executor strand_;
    std::size_t most_;
    std::size_t taken_ = 0;
    std::list<waiter*> waiting_;
};

} // namespace paperboy::serde

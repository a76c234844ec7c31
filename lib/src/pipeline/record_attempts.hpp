#pragma once

#include "pipeline/strand_signal.hpp"

#include <paperboy/detail/dead_letter.hpp>
#include <paperboy/detail/retry_fsm.hpp>
#include <paperboy/error.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace paperboy::pipeline
{

// Knows of the record at hand how often it was tried, and why it goes to the dead letters if it does.
class record_attempts
{
public:
    explicit record_attempts(strand_signal::strand const& strand) : pause_{strand} {}

    [[nodiscard]] detail::retry_fsm& retries() noexcept { return retries_; }
    [[nodiscard]] std::optional<detail::burial> const& buried_for() const noexcept { return burial_; }

    // Of two failures in one attempt, the first is the reason: what fails after it is on_finished_handling.
    void keep(detail::burial why)
    {
        if (why.where != hook::on_finished_handling || !burial_ || burial_->offset != why.offset)
            burial_ = std::move(why);
    }

    // Waits for the next attempt; ends early when `leaves` is true, at the next notify().
    template <class Leaves>
    [[nodiscard]] boost::asio::awaitable<void> pause(Leaves const& leaves)
    {
        auto const until = std::chrono::steady_clock::now() + retries_.pause();
        while (!leaves() && std::chrono::steady_clock::now() < until)
            co_await pause_.wait(until);
        retries_.attempt_begins();
        burial_.reset();
    }

    // What follows has offsets of its own, of another log.
    void begin_anew()
    {
        retries_ = {};
        burial_.reset();
    }

    void notify() { pause_.notify(); }

private:
    detail::retry_fsm retries_;
    strand_signal pause_;
    std::optional<detail::burial> burial_;
};

} // namespace paperboy::pipeline

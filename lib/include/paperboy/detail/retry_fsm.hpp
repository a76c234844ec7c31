#pragma once

#include <paperboy/error_action.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace paperboy::detail
{

// Decides what becomes of a failed record, given what its handler asks for: whether it is tried again and after which
// pause, or whether that is used up. Knows one record at a time, by its offset; another one begins anew.
class retry_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    // The record failed now; `chance` is random, 0 to 1. The answer is `retry` or what applies in the end. A record may
    // fail twice in one attempt (on_message, then on_finished_handling): that is one retry.
    [[nodiscard]] error_action::kind failed(std::int64_t offset, error_action const& asked, time_point now,
                                            double chance)
    {
        if (asked.what() != error_action::kind::retry)
            return asked.what();
        if (offset != offset_)
        {
            offset_ = offset;
            retries_ = 0;
            first_failure_ = now;
            decided_ = false;
        }
        if (decided_)
            return error_action::kind::retry;
        auto const& how = asked.how();
        pause_ = pause_after(how, chance);
        auto const too_often = how.attempts > 0 && retries_ >= how.attempts;
        auto const passed = std::chrono::ceil<std::chrono::milliseconds>(now + pause_ - first_failure_);
        auto const too_late = how.total.count() > 0 && passed > how.total;
        if (too_often || too_late)
            return asked.otherwise();
        ++retries_;
        decided_ = true;
        return error_action::kind::retry;
    }

    // The pause is over.
    void attempt_begins() noexcept { decided_ = false; }

    // After an answer of `retry`: how long to wait.
    [[nodiscard]] std::chrono::milliseconds pause() const noexcept { return pause_; }

    // How often the record has been tried again, a try that was just decided included.
    [[nodiscard]] std::size_t retries() const noexcept { return retries_; }

    // The same of this record; 0 when it is not the one at hand.
    [[nodiscard]] std::size_t retries_of(std::int64_t offset) const noexcept
    {
        return offset == offset_ ? retries_ : 0;
    }

private:
    // Never none at all: a record that is tried for ever would leave its thread no time for anything else.
    [[nodiscard]] std::chrono::milliseconds pause_after(backoff const& how, double chance) const
    {
        auto const longest = static_cast<double>(how.longest.count());
        auto const grown = static_cast<double>(how.first.count()) * std::pow(how.factor, static_cast<double>(retries_));
        auto const shortened = std::min(grown, longest) * (1 - how.jitter * chance);
        return std::max(std::chrono::milliseconds{1}, std::chrono::milliseconds{static_cast<std::int64_t>(shortened)});
    }

    std::int64_t offset_ = -1;
    std::size_t retries_ = 0;
    bool decided_ = false;
    time_point first_failure_;
    std::chrono::milliseconds pause_{0};
};

} // namespace paperboy::detail

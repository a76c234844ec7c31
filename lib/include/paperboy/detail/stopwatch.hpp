#pragma once

#include <paperboy/detail/hook_run.hpp>

#include <chrono>
#include <cstdint>

namespace paperboy::detail
{

// Times hooks that follow each other. What has begun and was not ended, because it was cancelled, does not count.
class stopwatch
{
public:
    using clock = std::chrono::steady_clock;

    // Each hook counts `weight` times; with 0 nothing is timed.
    stopwatch(hook_run& told, std::uint64_t weight) noexcept : told_{told}, weight_{weight} {}

    // For coroutines, which keep it from record to record: it costs those that are not timed a comparison here and
    // there.
    explicit stopwatch(hook_run& told) noexcept : stopwatch{told, 0} {}
    void begin(std::uint64_t weight) noexcept
    {
        weight_ = weight;
        runs_ = false;
        sum_ = {};
    }
    void end() noexcept { weight_ = 0; }
    [[nodiscard]] bool times() const noexcept { return weight_ != 0; }

    // The one before has ended, this one begins.
    void next(hook where) noexcept
    {
        if (weight_ == 0)
            return;
        auto const now = clock::now();
        tell(now);
        where_ = where;
        since_ = now;
        runs_ = true;
    }

    void stop() noexcept
    {
        if (weight_ != 0)
            tell(clock::now());
    }

    // Of all that were stopped.
    [[nodiscard]] std::chrono::nanoseconds sum() const noexcept { return sum_; }

private:
    void tell(clock::time_point now) noexcept
    {
        if (!runs_)
            return;
        runs_ = false;
        sum_ += now - since_;
        told_.took(where_, now - since_, weight_);
    }

    hook_run& told_;
    std::uint64_t weight_;
    hook where_ = hook::on_message;
    bool runs_ = false;
    clock::time_point since_;
    std::chrono::nanoseconds sum_{0};
};

// In place of it where nothing is timed.
struct no_stopwatch
{
    static void next(hook /*where*/) noexcept {}
    static void stop() noexcept {}
};

} // namespace paperboy::detail

#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>

namespace paperboy::pipeline
{

// How fast a lag falls, from looks at it now and then: an average in which what is older counts less.
class drain_rate
{
public:
    using clock = std::chrono::steady_clock;

    void look(std::int64_t lag, clock::time_point now) noexcept
    {
        auto const seconds = std::chrono::duration<double>{now - at_}.count();
        if (seen_ && seconds <= 0)
            return;
        if (seen_)
        {
            auto const falls_by = static_cast<double>(lag_ - lag) / seconds;
            auto const share = averaged_ ? 1 - std::exp(-seconds / memory_seconds) : 1.0;
            per_second_ += share * (falls_by - per_second_);
            averaged_ = true;
        }
        seen_ = true;
        lag_ = lag;
        at_ = now;
    }

    // Records a second; negative while the lag grows, 0 while nothing is known.
    [[nodiscard]] double per_second() const noexcept { return per_second_; }

    // How long a lag takes at that rate; nothing when it will never be gone, or not in ten years.
    [[nodiscard]] static std::optional<std::chrono::milliseconds> left(std::int64_t lag, double per_second) noexcept
    {
        if (lag <= 0)
            return std::chrono::milliseconds{0};
        auto const seconds = per_second > 0 ? static_cast<double>(lag) / per_second : never_seconds;
        if (seconds >= never_seconds)
            return std::nullopt;
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>{seconds});
    }

private:
    static constexpr double memory_seconds = 10;
    static constexpr double never_seconds = 10 * 365.25 * 86'400;

    double per_second_ = 0;
    std::int64_t lag_ = 0;
    clock::time_point at_;
    bool seen_ = false;
    bool averaged_ = false;
};

} // namespace paperboy::pipeline

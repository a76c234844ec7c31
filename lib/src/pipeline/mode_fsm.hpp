#pragma once

#include <paperboy/mode.hpp>

#include <chrono>
#include <cstdint>

namespace paperboy::pipeline
{

// Decides whether a partition's records are handled one by one or in bulk. With hysteresis (two thresholds) and a
// minimum dwell, so that a lag around a threshold does not flap.
class mode_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    // `can_bulk`: whether the handler has on_bulk.
    mode_fsm(mode_policy const& policy, bool can_bulk) noexcept
        : policy_{policy}, automatic_{can_bulk && policy.mode == handling_mode::automatic},
          catches_up_in_bulk_{can_bulk && policy.mode != handling_mode::single},
          bulk_{can_bulk && policy.mode == handling_mode::bulk}
    {
    }

    // Takes the records that wait; true when the mode has just changed.
    bool update(std::int64_t lag, time_point now) noexcept
    {
        if (!automatic() || !wants_change(lag))
            return false;
        if (changed_before_ && now - changed_ < policy_.min_dwell)
            return false;
        bulk_ = !bulk_;
        changed_ = now;
        changed_before_ = true;
        return true;
    }

    // While a step catches up, what may be handled in bulk is, whatever the lag; afterwards the policy goes on.
    void catch_up(bool on) noexcept { catching_up_ = on; }

    [[nodiscard]] bool bulk() const noexcept { return bulk_ || (catching_up_ && catches_up_in_bulk_); }

    // When the minimum dwell of the present mode is over.
    [[nodiscard]] time_point dwelt_at() const noexcept { return changed_ + policy_.min_dwell; }

    // Whether update() can ever change anything: asking for the time is not free.
    [[nodiscard]] bool automatic() const noexcept { return automatic_ && !catching_up_; }
    [[nodiscard]] bool wants_change(std::int64_t lag) const noexcept
    {
        return bulk_ ? lag < policy_.leave_below_lag : lag > policy_.enter_above_lag;
    }

private:
    mode_policy policy_;
    bool automatic_;
    bool catches_up_in_bulk_;
    bool bulk_;
    bool catching_up_ = false;
    bool changed_before_ = false;
    time_point changed_;
};

} // namespace paperboy::pipeline

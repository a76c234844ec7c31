#pragma once

#include "pipeline/hook_watch.hpp"

#include <chrono>

namespace paperboy::engine_detail
{

// What is to be done about hooks that run long.
enum class watch_action
{
    // Nothing now.
    none,
    // Tell that they exceed the limit.
    report,
    // They have exceeded what the group allows: the partitions are to be given up.
    give_up,
};

// Decides, from one look at a stand after the other, how long the hooks of one record have been running. The age counts
// from the first look that saw them, so it is never too high, and too low by the time between two looks at most.
class watch_fsm
{
public:
    using clock = std::chrono::steady_clock;

    // Each action is returned once for each run of hooks, give_up after report.
    [[nodiscard]] watch_action look(pipeline::hook_stand::view const& seen, clock::time_point now,
                                    clock::duration limit, clock::duration longest) noexcept
    {
        if (seen != last_ || seen.passes % 2 == 0)
        {
            last_ = seen;
            since_ = now;
            told_ = watch_action::none;
            return watch_action::none;
        }
        if (told_ == watch_action::none && age(now) >= limit)
            return told_ = watch_action::report;
        if (told_ == watch_action::report && age(now) >= longest)
            return told_ = watch_action::give_up;
        return watch_action::none;
    }

    [[nodiscard]] clock::duration age(clock::time_point now) const noexcept { return now - since_; }
    [[nodiscard]] bool over_limit() const noexcept { return told_ != watch_action::none; }
    [[nodiscard]] bool given_up() const noexcept { return told_ == watch_action::give_up; }
    [[nodiscard]] std::int64_t offset() const noexcept { return last_.offset; }

private:
    pipeline::hook_stand::view last_;
    clock::time_point since_;
    watch_action told_ = watch_action::none;
};

} // namespace paperboy::engine_detail

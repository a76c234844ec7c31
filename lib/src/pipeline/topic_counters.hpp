#pragma once

#include "pipeline/duration_counter.hpp"

#include <paperboy/error.hpp>
#include <paperboy/error_action.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace paperboy::pipeline
{

// What an engine counts of one topic, over all its partitions and runs.
struct topic_counters
{
    void count_failure(error_action::kind verdict) noexcept
    {
        switch (verdict)
        {
        case error_action::kind::skip:
            skipped.fetch_add(1, std::memory_order_relaxed);
            return;
        case error_action::kind::retry:
            retried.fetch_add(1, std::memory_order_relaxed);
            return;
        case error_action::kind::dead_letter:
            dead_letters.fetch_add(1, std::memory_order_relaxed);
            return;
        case error_action::kind::fail:
            failed.fetch_add(1, std::memory_order_relaxed);
            return;
        }
    }

    void count_hook(hook which, std::chrono::nanoseconds duration, std::uint64_t times) noexcept
    {
        hooks[static_cast<std::size_t>(which)].add(duration, times);
    }

    [[nodiscard]] std::vector<hook_stats> hooks_seen() const
    {
        auto seen = std::vector<hook_stats>{};
        for (std::size_t i = 0; i < hooks.size(); ++i)
            if (auto const durations = hooks[i].snapshot(); durations.count > 0)
                seen.push_back({static_cast<hook>(i), durations});
        return seen;
    }

    std::atomic<std::uint64_t> skipped{0};
    std::atomic<std::uint64_t> retried{0};
    std::atomic<std::uint64_t> dead_letters{0};
    std::atomic<std::uint64_t> failed{0};
    duration_counter single;
    duration_counter bulk;
    std::array<duration_counter, static_cast<std::size_t>(hook::on_bulk_error) + 1> hooks;
};

} // namespace paperboy::pipeline

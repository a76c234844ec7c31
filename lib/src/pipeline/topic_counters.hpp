#pragma once

#include "pipeline/duration_counter.hpp"

#include <paperboy/error_action.hpp>

#include <atomic>
#include <cstdint>

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

    std::atomic<std::uint64_t> skipped{0};
    std::atomic<std::uint64_t> retried{0};
    std::atomic<std::uint64_t> dead_letters{0};
    std::atomic<std::uint64_t> failed{0};
    duration_counter single;
    duration_counter bulk;
};

} // namespace paperboy::pipeline

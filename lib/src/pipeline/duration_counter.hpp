#pragma once

#include <paperboy/stats.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace paperboy::pipeline
{

// Counts durations in the buckets of duration_histogram; added to and read from any thread. A snapshot may be torn by
// what is being added, which the next one makes good.
class duration_counter
{
public:
    void add(std::chrono::nanoseconds duration, std::uint64_t times = 1) noexcept
    {
        counts_[duration_histogram::bucket_of(duration)].fetch_add(times, std::memory_order_relaxed);
        nanoseconds_.fetch_add(static_cast<std::uint64_t>(duration.count()) * times, std::memory_order_relaxed);
    }

    [[nodiscard]] duration_histogram snapshot() const noexcept
    {
        auto result = duration_histogram{};
        for (std::size_t i = 0; i < counts_.size(); ++i)
        {
            result.counts[i] = counts_[i].load(std::memory_order_relaxed);
            result.count += result.counts[i];
        }
        result.seconds = static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
        return result;
    }

private:
    std::array<std::atomic<std::uint64_t>, duration_histogram::bounds.size() + 1> counts_{};
    std::atomic<std::uint64_t> nanoseconds_{0};
};

} // namespace paperboy::pipeline

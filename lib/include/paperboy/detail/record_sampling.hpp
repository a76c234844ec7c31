#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace paperboy::detail
{

// Decides of which records the hooks are timed: reading the clock for each would cost more than a hook that does
// nothing.
//
// A record that was timed stands for those before it that were not, so counts and sums come out as if all had been. How
// many that are follows from how long the last one took: about one is timed in each `interval` of hooks, and one in
// `most`. By chance a little earlier or later, or a pattern among the records could hide from it.
class record_sampling
{
public:
    static constexpr std::uint64_t most = 1000;

    explicit record_sampling(std::chrono::nanoseconds interval) noexcept : interval_{interval} {}

    // How many records pass before the next one that is timed.
    [[nodiscard]] std::uint64_t left() const noexcept { return left_; }
    // For how many a record stands that is timed after `more` others.
    [[nodiscard]] std::uint64_t stands_for(std::uint64_t more) const noexcept { return untimed_ + more + 1; }

    void passed(std::uint64_t records) noexcept
    {
        untimed_ += records;
        left_ -= std::min(left_, records);
    }

    void timed(std::chrono::nanoseconds took) noexcept
    {
        untimed_ = 0;
        auto const ns = std::max<std::int64_t>(took.count(), 1);
        auto const apart = std::min<std::uint64_t>(most, static_cast<std::uint64_t>(interval_.count() / ns));
        random_ = random_ * 6364136223846793005U + 1442695040888963407U;
        left_ = (random_ >> 33U) % (2 * apart + 1);
    }

private:
    std::chrono::nanoseconds interval_;
    std::uint64_t left_ = 0;
    std::uint64_t untimed_ = 0;
    std::uint64_t random_ = 0;
};

} // namespace paperboy::detail

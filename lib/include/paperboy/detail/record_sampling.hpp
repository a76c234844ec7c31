#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

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

    // A record that is timed begins, after `more` others: for how many it stands. Where records overlap, others begin
    // before it has ended: they do not stand for the same ones again.
    [[nodiscard]] std::uint64_t begin(std::uint64_t more) noexcept
    {
        left_ = distance();
        return std::exchange(untimed_, 0) + more + 1;
    }

    void passed(std::uint64_t records) noexcept
    {
        untimed_ += records;
        left_ -= std::min(left_, records);
    }

    void timed(std::chrono::nanoseconds took) noexcept
    {
        auto const ns = std::max<std::int64_t>(took.count(), 1);
        apart_ = std::min<std::uint64_t>(most, static_cast<std::uint64_t>(interval_.count() / ns));
        left_ = distance();
    }

private:
    [[nodiscard]] std::uint64_t distance() noexcept
    {
        random_ = random_ * 6364136223846793005U + 1442695040888963407U;
        return (random_ >> 33U) % (2 * apart_ + 1);
    }

    std::chrono::nanoseconds interval_;
    std::uint64_t apart_ = 0;
    std::uint64_t left_ = 0;
    std::uint64_t untimed_ = 0;
    std::uint64_t random_ = 0;
};

} // namespace paperboy::detail

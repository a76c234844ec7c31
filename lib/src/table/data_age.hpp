#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace paperboy::tables
{

// Decides how old a shard's store is (store_position::as_of): the tombstones that it lacks must have come to the
// changelog after that, or must have been there in front of a reading that began after it.
//
// 1. A restore is cut off in the middle. What it has not read may hold tombstones of any age.
// 2. If it began with a store, that one's age stays: it has read a part of what came since.
// 3. If it began with nothing, all that it has read was there when it began. A tombstone behind that takes what it has
//    read away at the first compaction after that, and stays from there on for as long as the changelog keeps them.
// 4. Only at its end it has everything that was there when it began.
//
// From then on changes that are not acknowledged may be in the changelog: so what is known is the time of a look at
// which all changes were there that have been acknowledged by now.
//
// The clock is the caller's.
class data_age
{
public:
    using time_point = std::chrono::system_clock::time_point;

    // A reading begins: of what follows a store of this age, or of everything.
    void read_on(std::optional<time_point> base, time_point now) noexcept
    {
        began_ = now;
        as_of_ = base;
    }
    void read_all(time_point now) noexcept
    {
        began_ = now;
        as_of_ = now;
    }

    // It has reached its end.
    void complete() noexcept
    {
        as_of_ = began_;
        looked_ = began_;
        next_ = 1;
    }

    // Everything that is in the changelog was read just now.
    void caught_up(time_point now) noexcept { as_of_ = now; }

    // Of a changelog that nobody else writes: all changes numbered below `first_pending` are acknowledged, and the next
    // will be `next`.
    void acknowledged(std::uint64_t first_pending, std::uint64_t next, time_point now) noexcept
    {
        if (first_pending < next_)
            return;
        as_of_ = first_pending == next ? now : looked_;
        looked_ = now;
        next_ = next;
    }

    // Nothing: it is not known.
    [[nodiscard]] std::optional<time_point> as_of() const noexcept { return as_of_; }

private:
    time_point began_;
    std::optional<time_point> as_of_;
    // The changes from `next_` on were made after this look.
    time_point looked_;
    std::uint64_t next_ = 1;
};

} // namespace paperboy::tables

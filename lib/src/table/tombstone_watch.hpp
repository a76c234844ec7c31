#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace paperboy::tables
{

// Decides whether what is read of a changelog may lack tombstones, so that erased keys would be back for good.
//
// 1. A key was read, or is in the store that the reading began with; then the changelog gets its tombstone.
// 2. Compaction takes the key away, and the tombstone as soon as the changelog has kept it for delete.retention.ms.
// 3. A reading that comes by only then finds neither. So whatever is read has to be read before that time is over,
//    counted from a moment at which nothing was missing: the store's age, or the begin of a reading from the beginning.
// 4. A reading that has reached what was the end at a later moment counts from that moment on. At the end it
//    counts from when something comes again.
//
// The clock is the caller's.
class tombstone_watch
{
public:
    using time_point = std::chrono::system_clock::time_point;

    // A reading begins: of what follows a store of this age, which may not be known, or of everything.
    void read_on(std::optional<time_point> as_of) noexcept { begin(as_of); }
    void read_all(time_point now) noexcept { begin(now); }

    // Something is there to be read.
    void arrived(time_point now) noexcept
    {
        if (!complete_since_)
            complete_since_ = now;
    }

    // So far it was read, and so far it goes.
    void moved(std::int64_t position, std::int64_t end, time_point now) noexcept
    {
        position_ = position;
        if (position >= end)
            return begin(std::nullopt);
        if (next_ && position < next_->end)
            return;
        if (next_)
            complete_since_ = next_->at;
        next_ = end_seen{now, end};
    }

    // Whether that is more than it was.
    [[nodiscard]] bool moves(std::int64_t position) const noexcept { return position_ && position > *position_; }

    // `stay` is how long tombstones stay.
    [[nodiscard]] bool too_late(std::chrono::milliseconds stay, time_point now) const noexcept
    {
        return complete_since_ && now - *complete_since_ >= stay;
    }

private:
    struct end_seen
    {
        time_point at;
        std::int64_t end;
    };

    void begin(std::optional<time_point> complete_since) noexcept
    {
        complete_since_ = complete_since;
        next_.reset();
    }

    // Nothing that the changelog had then is missing.
    std::optional<time_point> complete_since_;
    // An end on the way, and when it was the end.
    std::optional<end_seen> next_;
    std::optional<std::int64_t> position_;
};

} // namespace paperboy::tables

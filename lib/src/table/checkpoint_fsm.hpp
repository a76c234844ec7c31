#pragma once

#include <chrono>
#include <cstddef>

namespace paperboy::tables
{

struct checkpoint_settings
{
    std::chrono::milliseconds interval{1000};
    // A checkpoint holds its strand up for about a millisecond per 100 KB.
    std::size_t bytes = std::size_t{16} << 20U;
    std::chrono::milliseconds retry{5000};
};

// Decides when changes go from the working set to the store. The clock is the caller's.
class checkpoint_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    checkpoint_fsm(checkpoint_settings const& settings, time_point now) noexcept : settings_{settings}, next_{now}
    {
        next_ += settings.interval;
    }

    // `dirty` is what the changes take that are not in the store, in bytes.
    [[nodiscard]] bool due(time_point now, std::size_t dirty) const noexcept
    {
        return dirty > 0 && (now >= next_ || (!failed_ && dirty >= settings_.bytes));
    }

    // What may wait, from now on.
    void limit(std::size_t bytes) noexcept { settings_.bytes = bytes; }

    // When it is due by time alone.
    [[nodiscard]] time_point next() const noexcept { return next_; }

    void done(time_point now) noexcept
    {
        failed_ = false;
        next_ = now + settings_.interval;
    }

    // However much there is to write, a disk that is full is left alone for a while.
    void failed(time_point now) noexcept
    {
        failed_ = true;
        next_ = now + settings_.retry;
    }

private:
    checkpoint_settings settings_;
    time_point next_;
    bool failed_ = false;
};

} // namespace paperboy::tables

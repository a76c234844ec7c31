#pragma once

#include <cstddef>
#include <cstdint>

namespace paperboy::kafka
{

// When librdkafka leaves a partition out of its fetches: its queue holds this much, in records or in bytes.
struct prefetch_limits
{
    std::size_t records = 0;
    std::uint64_t bytes = 0;
};

// Decides when librdkafka's fetcher is told that a partition's queue, which may have been full, has room again.
//
// How full the queue has been is not known: its bytes are not public, and its fetcher looks at moments of its own. But
// only our looks take from it, so what it held at any moment passes through them before it is empty:
// 1. If it was full, half of a limit is taken before it is half empty: the fetcher is told then, early enough to fill
//    it up while the other half lasts.
// 2. If it turned empty after less than half of a limit, it was not full since it was empty before: nothing to tell,
//    and the count begins anew. That is all that happens while the fetcher is the slower part.
class prefetch_watch
{
public:
    explicit prefetch_watch(prefetch_limits limits) noexcept : limits_{limits} {}

    // A look took so many records, with so many bytes; `emptied`: it found less than it asked for. True: tell the
    // fetcher, and then told().
    [[nodiscard]] bool took(std::size_t records, std::uint64_t bytes, bool emptied) noexcept
    {
        records_ += records;
        bytes_ += bytes;
        auto const tell = records_ * 2 >= limits_.records || bytes_ * 2 >= limits_.bytes;
        if (emptied && !tell)
            told();
        return tell;
    }

    void told() noexcept
    {
        records_ = 0;
        bytes_ = 0;
    }

private:
    prefetch_limits limits_;
    std::size_t records_ = 0;
    std::uint64_t bytes_ = 0;
};

} // namespace paperboy::kafka

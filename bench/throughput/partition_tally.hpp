#pragma once

#include "throughput/progress.hpp"

#include <paperboy/engine.hpp>

#include <algorithm>
#include <cstdint>

namespace paperboy::bench
{

// What all partitions of an engine's run share.
struct run_state
{
    progress counted;
    engine* running = nullptr;
};

// Counts the records of one partition, and reports every thousandth and the last, which stops the engine when all
// partitions have had theirs: one comparison a record is all that the measurement adds to a hook.
class partition_tally
{
public:
    partition_tally(run_state& shared, std::int64_t records) : shared_{&shared}, last_{records - 1} {}

    void add(std::int64_t offset, std::uint64_t checksum)
    {
        checksum_ += checksum;
        if (offset == next_report_) [[unlikely]]
            report();
    }

private:
    void report()
    {
        auto const last = shared_->counted.add(static_cast<std::uint64_t>(next_report_ - reported_), checksum_);
        reported_ = next_report_;
        next_report_ = std::min(next_report_ + 1000, last_);
        checksum_ = 0;
        if (last)
            shared_->running->stop();
    }

    run_state* shared_;
    std::int64_t last_;
    std::int64_t next_report_ = 0;
    std::int64_t reported_ = -1;
    std::uint64_t checksum_ = 0;
};

} // namespace paperboy::bench

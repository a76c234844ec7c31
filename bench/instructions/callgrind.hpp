#pragma once

// Lets callgrind count between two moments. Without valgrind's header nothing is counted, and can_count is false.
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION static_cast<void>(0)
#define CALLGRIND_STOP_INSTRUMENTATION static_cast<void>(0)
#define CALLGRIND_ZERO_STATS static_cast<void>(0)
#define CALLGRIND_DUMP_STATS_AT(name) static_cast<void>(name)
#define RUNNING_ON_VALGRIND 0
#endif

#include "throughput/allocations.hpp"

#include <cstdint>
#include <cstdio>
#include <string>

namespace paperboy::bench
{

// What the process does while this object lives, told under a name: callgrind's dumps carry it, and the number of
// allocations is a line of our output.
class counted_phase
{
public:
    explicit counted_phase(std::string name) : name_{std::move(name)}, allocations_{allocation_count()}
    {
        CALLGRIND_START_INSTRUMENTATION;
        CALLGRIND_ZERO_STATS;
    }
    counted_phase(counted_phase const&) = delete;
    counted_phase& operator=(counted_phase const&) = delete;
    ~counted_phase()
    {
        CALLGRIND_DUMP_STATS_AT(name_.c_str());
        CALLGRIND_STOP_INSTRUMENTATION;
        std::printf("%s allocations %llu\n", name_.c_str(),
                    static_cast<unsigned long long>(allocation_count() - allocations_));
    }

    [[nodiscard]] static bool can_count() { return RUNNING_ON_VALGRIND != 0; }

private:
    std::string name_;
    std::uint64_t allocations_;
};

} // namespace paperboy::bench

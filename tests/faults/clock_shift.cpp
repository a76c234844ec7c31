// For LD_PRELOAD: the wall clock jumps by CLOCK_SHIFT_SECONDS, as soon as the process is CLOCK_SHIFT_AFTER_SECONDS old.
// libfaketime does not do here: it shifts timespec_get, and not the waits of C11's threads that librdkafka computes by
// it, so that these would last for days. A clock that really jumps shifts both.

#include <cstdlib>

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace
{

timespec true_time(clockid_t clock)
{
    auto time = timespec{};
    ::syscall(SYS_clock_gettime, clock, &time);
    return time;
}

long number(char const* name)
{
    auto const* text = std::getenv(name);
    return text == nullptr ? 0 : std::atol(text);
}

timespec shifted_time()
{
    static auto const jump = true_time(CLOCK_MONOTONIC).tv_sec + number("CLOCK_SHIFT_AFTER_SECONDS");
    static auto const shift = number("CLOCK_SHIFT_SECONDS");
    auto time = true_time(CLOCK_REALTIME);
    if (true_time(CLOCK_MONOTONIC).tv_sec >= jump)
        time.tv_sec += shift;
    return time;
}

} // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept
{
    *time = clock == CLOCK_REALTIME ? shifted_time() : true_time(clock);
    return 0;
}

extern "C" int gettimeofday(timeval* __restrict time, void* __restrict) noexcept
{
    auto const now = shifted_time();
    *time = {now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

extern "C" time_t time(time_t* result) noexcept
{
    auto const now = shifted_time().tv_sec;
    if (result != nullptr)
        *result = now;
    return now;
}

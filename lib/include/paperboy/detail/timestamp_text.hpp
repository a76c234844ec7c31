#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

// Points in time as ISO 8601 text, as all text formats write them.
namespace paperboy::detail
{

// A time of any unit: the years 0 to 9999 do not fit into 64 bits of nanoseconds.
struct precise_time
{
    std::int64_t seconds = 0; // since 1970, rounded down
    std::int32_t nanoseconds = 0;
};

// Reads "2024-02-29T12:00:00.123Z": a date, 'T' or a space, a time with or without seconds and up to nine digits of
// their fraction, and 'Z' or an offset such as "+01:00". Nothing: it is something else.
[[nodiscard]] std::optional<precise_time> parse_timestamp(std::string_view text) noexcept;

// Appends "2024-02-29T12:00:00.123Z" with so many digits of a second. False: the year is not between 0 and 9999.
[[nodiscard]] bool append_timestamp(precise_time time, int digits, std::string& out);

// The digits of a second that a duration's unit can have: 3 for milliseconds.
template <class Duration>
constexpr int fraction_digits()
{
    auto digits = 0;
    for (auto unit = std::intmax_t{1}; digits < 9 && Duration::period::num * unit % Duration::period::den != 0;
         unit *= 10)
        ++digits;
    return digits;
}

template <class Duration>
bool fits(precise_time time) noexcept
{
    using limits = std::numeric_limits<typename Duration::rep>;
    using period = typename Duration::period;
    auto const scaled = static_cast<long double>(time.seconds) * period::den / period::num;
    auto const margin = static_cast<long double>(period::den) / period::num + 1;
    return scaled - margin >= static_cast<long double>(limits::min()) &&
           scaled + margin <= static_cast<long double>(limits::max());
}

template <class Duration>
std::chrono::sys_time<Duration> to_time(precise_time time) noexcept
{
    using std::chrono::floor;
    return std::chrono::sys_time<Duration>{floor<Duration>(std::chrono::seconds{time.seconds})} +
           floor<Duration>(std::chrono::nanoseconds{time.nanoseconds});
}

template <class Duration>
precise_time to_precise(std::chrono::sys_time<Duration> time) noexcept
{
    auto const seconds = std::chrono::floor<std::chrono::seconds>(time);
    auto const rest = std::chrono::duration_cast<std::chrono::nanoseconds>(time - seconds);
    return {seconds.time_since_epoch().count(), static_cast<std::int32_t>(rest.count())};
}

} // namespace paperboy::detail

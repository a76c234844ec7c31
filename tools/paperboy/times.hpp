#pragma once

#include <paperboy/record.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paperboy::cli
{

/// A time since 1970, or since midnight; before 1970 the seconds are negative, and the rest is not.
struct exact_time
{
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
};

/// Of "2024-02-29", "2024-02-29T12:00", "…:30.123456789", in UTC, or with Z or an offset as "+01:00" behind it; nothing
/// for other texts.
[[nodiscard]] std::optional<exact_time> parse_iso_time(std::string_view text);

/// Of "12:00", "12:00:30.123456789", since midnight; nothing for other texts.
[[nodiscard]] std::optional<exact_time> parse_time_of_day(std::string_view text);

/// Such a text, or milliseconds since 1970.
[[nodiscard]] std::optional<timestamp> parse_time(std::string_view text);

/// "2024-02-29T12:00:00.123Z".
[[nodiscard]] std::string iso_text(timestamp time);

} // namespace paperboy::cli

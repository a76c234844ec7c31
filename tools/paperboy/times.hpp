#pragma once

#include <paperboy/record.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paperboy::cli
{

/// Microseconds since 1970 of "2024-02-29", "2024-02-29T12:00", "…:30.123456", in UTC, or with Z or an offset as
/// "+01:00" behind it; nothing for other texts.
[[nodiscard]] std::optional<std::int64_t> parse_iso_micros(std::string_view text);

/// Such a text, or milliseconds since 1970.
[[nodiscard]] std::optional<timestamp> parse_time(std::string_view text);

/// "2024-02-29T12:00:00.123Z".
[[nodiscard]] std::string iso_text(timestamp time);

} // namespace paperboy::cli

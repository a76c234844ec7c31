#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// Numbers as JSON's grammar has them: no leading zeros, no sign but a minus, digits on both sides of a point.
//
// Most numbers are short: up to eight characters are read as one word. So eight bytes have to be readable from where a
// token begins, as they are in a text that has padding behind it.
namespace paperboy::serde
{

// Nothing: no whole number, or none of 64 bits.
[[nodiscard]] std::optional<std::int64_t> parse_json_int64(std::string_view token) noexcept;
[[nodiscard]] std::optional<std::uint64_t> parse_json_uint64(std::string_view token) noexcept;

enum class json_number
{
    good,
    malformed,
    too_large,
};

// Rounds to the nearest double; what is too small becomes 0.
[[nodiscard]] json_number parse_json_double(std::string_view token, double& out) noexcept;

} // namespace paperboy::serde

#pragma once

#include <paperboy/record.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

// Confluent's wire format: a byte 0, a schema's id in four bytes, big-endian, and the body.
namespace paperboy::serde
{

inline constexpr std::size_t wire_header = 5;

[[nodiscard]] inline std::optional<std::int32_t> wire_id(bytes_view data) noexcept
{
    if (data.size() < wire_header || data[0] != std::byte{0})
        return std::nullopt;
    auto bits = std::uint32_t{0};
    for (std::size_t i = 1; i < wire_header; ++i)
        bits = bits << 8U | std::to_integer<std::uint32_t>(data[i]);
    return static_cast<std::int32_t>(bits);
}

// Throws decode_error: these bytes have no header of the wire format.
[[noreturn]] void throw_no_header(bytes_view data);

inline void append_header(std::int32_t id, std::string& out)
{
    auto const bits = static_cast<std::uint32_t>(id);
    out += '\0';
    for (auto shift = 32U; shift > 0; shift -= 8)
        out += static_cast<char>((bits >> (shift - 8)) & 0xffU);
}

} // namespace paperboy::serde

#include <paperboy/detail/msgpack_write.hpp>

#include "serde/excerpt.hpp"

#include <paperboy/error.hpp>
#include <paperboy/serde.hpp>

#include <simdjson.h>

#include <bit>
#include <limits>

namespace paperboy
{
namespace
{

void append_byte(unsigned byte, std::string& out)
{
    out.push_back(static_cast<char>(byte));
}

template <class T>
void append(unsigned first, T value, std::string& out)
{
    append_byte(first, out);
    integer<T>{}.encode(value, out);
}

constexpr auto most8 = std::numeric_limits<std::uint8_t>::max();
constexpr auto most16 = std::numeric_limits<std::uint16_t>::max();
constexpr auto most32 = std::numeric_limits<std::uint32_t>::max();

// A size of 16 bits or of 32 behind one of two first bytes.
void append_size(unsigned first16, unsigned first32, std::size_t size, std::string& out)
{
    if (size <= most16)
        append(first16, static_cast<std::uint16_t>(size), out);
    else if (size <= most32)
        append(first32, static_cast<std::uint32_t>(size), out);
    else
        throw encode_error{"MessagePack: expected a size of at most 4294967295, found " + std::to_string(size)};
}

// The first byte of the smallest size, those of larger ones follow it.
void append_size_from_8(unsigned first8, std::size_t size, std::string& out)
{
    if (size <= most8)
        append(first8, static_cast<std::uint8_t>(size), out);
    else
        append_size(first8 + 1, first8 + 2, size, out);
}

void append_bytes(bytes_view data, std::string& out)
{
    out.append(reinterpret_cast<char const*>(data.data()), data.size());
}

} // namespace

void write_msgpack_null(std::string& out)
{
    append_byte(0xc0, out);
}

void write_msgpack_text(std::string_view text, std::string& out)
{
    if (!simdjson::validate_utf8(text.data(), text.size()))
        throw encode_error{"MessagePack: expected text in UTF-8, found \"" + serde::excerpt(text, 40) + "\""};
    if (text.size() < 32)
        append_byte(0xa0U | static_cast<unsigned>(text.size()), out);
    else
        append_size_from_8(0xd9, text.size(), out);
    out.append(text);
}

void write_msgpack_bytes(bytes_view data, std::string& out)
{
    append_size_from_8(0xc4, data.size(), out);
    append_bytes(data, out);
}

void write_msgpack_array_size(std::size_t items, std::string& out)
{
    if (items < 16)
        append_byte(0x90U | static_cast<unsigned>(items), out);
    else
        append_size(0xdc, 0xdd, items, out);
}

void write_msgpack_map_size(std::size_t entries, std::string& out)
{
    if (entries < 16)
        append_byte(0x80U | static_cast<unsigned>(entries), out);
    else
        append_size(0xde, 0xdf, entries, out);
}

void write_msgpack_extension(msgpack_extension const& value, std::string& out)
{
    auto const size = value.data.size();
    if (std::has_single_bit(size) && size <= 16)
        append_byte(0xd4U + static_cast<unsigned>(std::countr_zero(size)), out);
    else
        append_size_from_8(0xc7, size, out);
    out.push_back(static_cast<char>(value.type));
    append_bytes(value.data, out);
}

namespace detail
{

void write_msgpack_boolean(bool value, std::string& out)
{
    append_byte(value ? 0xc3 : 0xc2, out);
}

void write_msgpack_integer(std::uint64_t value, std::string& out)
{
    if (value < 0x80)
        append_byte(static_cast<unsigned>(value), out);
    else if (value <= most8)
        append(0xcc, static_cast<std::uint8_t>(value), out);
    else if (value <= most16)
        append(0xcd, static_cast<std::uint16_t>(value), out);
    else if (value <= most32)
        append(0xce, static_cast<std::uint32_t>(value), out);
    else
        append(0xcf, value, out);
}

void write_msgpack_integer(std::int64_t value, std::string& out)
{
    if (value >= 0)
        write_msgpack_integer(static_cast<std::uint64_t>(value), out);
    else if (value >= -32)
        out.push_back(static_cast<char>(value));
    else if (value >= std::numeric_limits<std::int8_t>::min())
        append(0xd0, static_cast<std::int8_t>(value), out);
    else if (value >= std::numeric_limits<std::int16_t>::min())
        append(0xd1, static_cast<std::int16_t>(value), out);
    else if (value >= std::numeric_limits<std::int32_t>::min())
        append(0xd2, static_cast<std::int32_t>(value), out);
    else
        append(0xd3, value, out);
}

void write_msgpack_double(double value, std::string& out)
{
    append(0xcb, std::bit_cast<std::uint64_t>(value), out);
}

// In the shortest of its three sizes, as the specification has it.
void write_msgpack_time(precise_time time, std::string& out)
{
    auto const nanoseconds = static_cast<std::uint32_t>(time.nanoseconds);
    auto data = std::string{};
    if (time.seconds < 0 || time.seconds >> 34U != 0)
    {
        integer<std::uint32_t>{}.encode(nanoseconds, data);
        integer<std::int64_t>{}.encode(time.seconds, data);
    }
    else if (nanoseconds == 0 && time.seconds <= most32)
        integer<std::uint32_t>{}.encode(static_cast<std::uint32_t>(time.seconds), data);
    else
        integer<std::uint64_t>{}.encode((std::uint64_t{nanoseconds} << 34U) | static_cast<std::uint64_t>(time.seconds),
                                        data);
    write_msgpack_extension({-1, std::as_bytes(std::span{data})}, out);
}

void write_msgpack_uuid(boost::uuids::uuid const& value, std::string& out)
{
    auto text = std::string{};
    uuid{}.encode(value, text);
    write_msgpack_text(text, out);
}

void write_msgpack_enumerator(std::string_view name, std::int64_t value, std::string& out)
{
    if (name.empty())
        throw encode_error{"MessagePack: expected an enumerator with a name, found the value " + std::to_string(value)};
    write_msgpack_text(name, out);
}

} // namespace detail
} // namespace paperboy

#include <paperboy/error.hpp>
#include <paperboy/serde.hpp>

#include "serde/excerpt.hpp"

#include <string>

namespace paperboy
{
namespace
{

constexpr std::size_t uuid_size = 36;
constexpr auto digits = std::string_view{"0123456789abcdef"};

constexpr bool hyphen_at(std::size_t at) noexcept
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

// The value of a hexadecimal digit; negative for other characters.
int digit(char c) noexcept
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

[[noreturn]] void throw_no_uuid(std::string_view found)
{
    throw decode_error{"expected a UUID such as 123e4567-e89b-12d3-a456-426614174000, found \"" +
                       serde::excerpt(found, uuid_size) + "\" of " + std::to_string(found.size()) + " bytes"};
}

} // namespace

namespace detail
{

void throw_integer_size(std::size_t expected, std::size_t found)
{
    throw decode_error{"expected an integer of " + std::to_string(expected) + " bytes, found " + std::to_string(found) +
                       " bytes"};
}

void throw_floating_size(std::size_t expected, std::size_t found)
{
    throw decode_error{"expected a floating-point number of " + std::to_string(expected) + " bytes, found " +
                       std::to_string(found) + " bytes"};
}

} // namespace detail

void uuid::decode(bytes_view data, boost::uuids::uuid& out) const
{
    auto const text = std::string_view{reinterpret_cast<char const*>(data.data()), data.size()};
    if (text.size() != uuid_size)
        throw_no_uuid(text);
    auto* into = out.begin();
    for (std::size_t at = 0; at < uuid_size;)
    {
        if (hyphen_at(at))
        {
            if (text[at++] != '-')
                throw_no_uuid(text);
            continue;
        }
        auto const high = digit(text[at]);
        auto const low = digit(text[at + 1]);
        if (high < 0 || low < 0)
            throw_no_uuid(text);
        *into++ = static_cast<std::uint8_t>(high * 16 + low);
        at += 2;
    }
}

void uuid::encode(boost::uuids::uuid const& value, std::string& out) const
{
    auto const from = out.size();
    for (auto const byte : value)
    {
        if (hyphen_at(out.size() - from))
            out.push_back('-');
        out.push_back(digits[byte >> 4U]);
        out.push_back(digits[byte & 0xfU]);
    }
}

} // namespace paperboy

#include "serde/json_escapes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace paperboy::serde
{
namespace
{

constexpr auto no_number = std::uint32_t{0xffff'ffffU};

std::uint32_t hexadecimal(char c) noexcept
{
    if (c >= '0' && c <= '9')
        return static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f')
        return static_cast<std::uint32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return static_cast<std::uint32_t>(c - 'A' + 10);
    return no_number;
}

// The four digits of a \u that begin at `at`.
std::uint32_t four_digits(std::string_view string, std::size_t at) noexcept
{
    if (string.size() < at + 4)
        return no_number;
    auto value = std::uint32_t{0};
    for (auto const c : string.substr(at, 4))
    {
        auto const digit = hexadecimal(c);
        if (digit == no_number)
            return no_number;
        value = value * 16 + digit;
    }
    return value;
}

bool is_high_surrogate(std::uint32_t unit) noexcept
{
    return unit >= 0xd800 && unit < 0xdc00;
}

bool is_low_surrogate(std::uint32_t unit) noexcept
{
    return unit >= 0xdc00 && unit < 0xe000;
}

// The code point of a \u whose digits begin at `at`, which moves behind it, or behind the second half of a pair.
std::uint32_t code_point(std::string_view string, std::size_t& at) noexcept
{
    auto const first = four_digits(string, at);
    at += 4;
    if (first == no_number || is_low_surrogate(first))
        return no_number;
    if (!is_high_surrogate(first))
        return first;
    if (string.substr(at, 2) != "\\u")
        return no_number;
    auto const second = four_digits(string, at + 2);
    at += 6;
    if (second == no_number || !is_low_surrogate(second))
        return no_number;
    return 0x10000 + ((first - 0xd800) << 10U) + (second - 0xdc00);
}

char* append_utf8(std::uint32_t code, char* into) noexcept
{
    auto const put = [&](std::uint32_t byte) { *into++ = static_cast<char>(byte); };
    auto const continuation = [&](std::uint32_t shift) { put(0x80U | ((code >> shift) & 0x3fU)); };
    if (code < 0x80)
        put(code);
    else if (code < 0x800)
    {
        put(0xc0U | (code >> 6U));
        continuation(0);
    }
    else if (code < 0x10000)
    {
        put(0xe0U | (code >> 12U));
        continuation(6);
        continuation(0);
    }
    else
    {
        put(0xf0U | (code >> 18U));
        continuation(12);
        continuation(6);
        continuation(0);
    }
    return into;
}

// What a backslash and one letter mean; 0 for other letters.
char short_escape(char letter) noexcept
{
    switch (letter)
    {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return '\0';
    }
}

} // namespace

std::optional<std::string_view> unescape_json(std::string_view string, char* into) noexcept
{
    auto* to = into;
    for (std::size_t at = 0; at < string.size();)
    {
        auto const backslash = string.find('\\', at);
        auto const plain = string.substr(at, backslash == std::string_view::npos ? backslash : backslash - at);
        std::memcpy(to, plain.data(), plain.size());
        to += plain.size();
        at += plain.size();
        if (at == string.size())
            break;
        if (at + 1 == string.size())
            return std::nullopt;
        auto const letter = string[at + 1];
        at += 2;
        if (letter != 'u')
        {
            *to = short_escape(letter);
            if (*to++ == '\0')
                return std::nullopt;
            continue;
        }
        auto const code = code_point(string, at);
        if (code == no_number)
            return std::nullopt;
        to = append_utf8(code, to);
    }
    return std::string_view{into, static_cast<std::size_t>(to - into)};
}

} // namespace paperboy::serde

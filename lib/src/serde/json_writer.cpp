#include <paperboy/detail/json_write.hpp>
#include <paperboy/error.hpp>

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace paperboy::detail
{
namespace
{

constexpr auto hexadecimal = std::string_view{"0123456789abcdef"};

template <class T>
void append_number(T value, std::string& out)
{
    auto digits = std::array<char, 32>{}; // the longest double has 24
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

// With a point or an exponent, so that it is not read back as an integer.
template <class T>
void append_floating(T value, std::string& out)
{
    if (!std::isfinite(value))
        throw encode_error{"JSON has no number for " + std::to_string(value)};
    auto const from = out.size();
    append_number(value, out);
    if (out.find_first_of(".e", from) == std::string::npos)
        out.append(".0");
}

void append_escaped(char c, std::string& out)
{
    switch (c)
    {
    case '"':
        out.append("\\\"");
        break;
    case '\\':
        out.append("\\\\");
        break;
    case '\b':
        out.append("\\b");
        break;
    case '\f':
        out.append("\\f");
        break;
    case '\n':
        out.append("\\n");
        break;
    case '\r':
        out.append("\\r");
        break;
    case '\t':
        out.append("\\t");
        break;
    default:
        out.append("\\u00");
        out.push_back(hexadecimal[static_cast<unsigned char>(c) >> 4U]);
        out.push_back(hexadecimal[static_cast<unsigned char>(c) & 0xfU]);
    }
}

bool needs_escape(char c) noexcept
{
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

} // namespace

void write_json_text(std::string_view text, std::string& out)
{
    if (!simdjson::validate_utf8(text.data(), text.size()))
        throw encode_error{"JSON has no string for text that is not UTF-8"};
    out.push_back('"');
    auto unwritten = std::size_t{0};
    for (std::size_t at = 0; at < text.size(); ++at)
    {
        if (!needs_escape(text[at]))
            continue;
        out.append(text, unwritten, at - unwritten);
        append_escaped(text[at], out);
        unwritten = at + 1;
    }
    out.append(text, unwritten);
    out.push_back('"');
}

void write_json_integer(std::int64_t value, std::string& out)
{
    append_number(value, out);
}

void write_json_integer(std::uint64_t value, std::string& out)
{
    append_number(value, out);
}

void write_json_floating(float value, std::string& out)
{
    append_floating(value, out);
}

void write_json_floating(double value, std::string& out)
{
    append_floating(value, out);
}

void write_json_time(precise_time time, int digits, std::string& out)
{
    out.push_back('"');
    if (!append_timestamp(time, digits, out))
        throw encode_error{"no text for the time " + std::to_string(time.seconds) +
                           " s since 1970: only for the years 0 to 9999"};
    out.push_back('"');
}

void throw_nameless_enumerator(std::int64_t value)
{
    throw encode_error{"no name for the enumerator " + std::to_string(value)};
}

} // namespace paperboy::detail

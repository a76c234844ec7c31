#include "serde/json_numbers.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <limits>
#include <system_error>

namespace paperboy::serde
{
namespace
{

bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

constexpr auto word_size = std::size_t{8};
constexpr auto all_zeros = std::uint64_t{0x3030'3030'3030'3030};

constexpr std::uint64_t swap_bytes(std::uint64_t word) noexcept
{
    auto swapped = std::uint64_t{0};
    for (auto i = 0; i < 8; ++i, word >>= 8U)
        swapped = (swapped << 8U) | (word & 0xffU);
    return swapped;
}

constexpr std::uint64_t every_byte(std::uint64_t byte) noexcept
{
    return byte * 0x0101'0101'0101'0101U;
}

// The first `size` characters, 1 to 8 of them, the first one in the lowest byte.
std::uint64_t word_at(char const* from, std::size_t size) noexcept
{
    auto word = std::uint64_t{0};
    std::memcpy(&word, from, word_size);
    if constexpr (std::endian::native == std::endian::big)
        word = swap_bytes(word);
    return word & (~std::uint64_t{0} >> (8 * (word_size - size)));
}

// The value of `size` digits, 1 to 8 of them; nothing if others are among them.
std::optional<std::uint64_t> digits_of(std::uint64_t word, std::size_t size) noexcept
{
    if (size < word_size)
        word = (word << (8 * (word_size - size))) | (all_zeros >> (8 * size));
    if ((word & every_byte(0xf0)) != all_zeros || ((word + every_byte(6)) & every_byte(0xf0)) != all_zeros)
        return std::nullopt;
    word = (word & every_byte(0x0f)) * 2561 >> 8U; // pairs of digits, then of pairs, then of those
    word = (word & 0x00ff'00ff'00ff'00ffU) * 6'553'601 >> 16U;
    return (word & 0x0000'ffff'0000'ffffU) * 42'949'672'960'001 >> 32U;
}

// What is of digits only, without leading zeros.
std::optional<std::uint64_t> parse_digits(std::string_view digits) noexcept
{
    constexpr auto certain = std::size_t{19}; // digits that 64 bits hold whatever they are
    if (digits.empty() || digits.size() > certain + 1 || (digits.front() == '0' && digits.size() > 1))
        return std::nullopt;
    if (digits.size() <= word_size)
        return digits_of(word_at(digits.data(), digits.size()), digits.size());
    auto value = std::uint64_t{0};
    for (auto const c : digits.substr(0, certain))
    {
        if (!is_digit(c))
            return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (digits.size() <= certain)
        return value;
    auto const last = static_cast<std::uint64_t>(digits.back() - '0');
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    if (!is_digit(digits.back()) || value > most / 10 || (value == most / 10 && last > most % 10))
        return std::nullopt;
    return value * 10 + last;
}

// A number taken apart: ± digits × 10 ^ exponent.
struct decimal
{
    bool negative = false;
    std::uint64_t digits = 0; // right if there are at most 19
    std::ptrdiff_t count = 0; // of digits, leading zeros included
    std::ptrdiff_t exponent = 0;
};

char const* scan_digits(char const* at, char const* end, std::uint64_t& digits) noexcept
{
    for (; at < end && is_digit(*at); ++at)
        digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
    return at;
}

// What is behind an 'e', or null.
char const* scan_exponent(char const* at, char const* end, std::ptrdiff_t& exponent) noexcept
{
    constexpr auto beyond_any_double = std::ptrdiff_t{1} << 40;
    auto const down = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+') ? 1 : 0;
    if (at == end)
        return nullptr;
    auto written = std::ptrdiff_t{0};
    for (; at < end && is_digit(*at); ++at)
        if (written < beyond_any_double)
            written = written * 10 + (*at - '0');
    exponent += down ? -written : written;
    return at;
}

// A number of up to eight characters, of digits and a point.
bool scan_short(std::string_view token, decimal& out) noexcept
{
    auto const word = word_at(token.data(), token.size());
    auto const different = word ^ every_byte('.');
    auto const point = (different - every_byte(1)) & ~different & every_byte(0x80);
    auto const whole = point == 0 ? token.size() : static_cast<std::size_t>(std::countr_zero(point)) / 8;
    auto const fraction = point == 0 ? 0 : token.size() - whole - 1;
    if (whole == 0 || (point != 0 && fraction == 0) || (token.front() == '0' && whole > 1))
        return false;
    auto const before = whole == word_size ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * whole)) - 1;
    auto const digits = digits_of((word & before) | ((word >> 8U) & ~before), whole + fraction);
    out.digits = digits.value_or(0);
    out.count = static_cast<std::ptrdiff_t>(whole + fraction);
    out.exponent = -static_cast<std::ptrdiff_t>(fraction);
    return digits.has_value();
}

// Whether the whole token is a number.
bool scan(std::string_view token, decimal& out) noexcept
{
    out.negative = !token.empty() && token.front() == '-';
    auto const size = token.substr(out.negative ? 1 : 0);
    if (!size.empty() && size.size() <= word_size && scan_short(size, out))
        return true;
    auto const* at = size.data();
    auto const* const end = at + size.size();
    out.digits = 0;
    out.exponent = 0;
    auto const* const whole = at;
    at = scan_digits(at, end, out.digits);
    out.count = at - whole;
    if (at == whole || (*whole == '0' && out.count > 1))
        return false;
    if (at < end && *at == '.')
    {
        auto const* const fraction = at + 1;
        at = scan_digits(fraction, end, out.digits);
        if (at == fraction)
            return false;
        out.exponent = fraction - at;
        out.count -= out.exponent;
    }
    if (at < end && (*at == 'e' || *at == 'E'))
        at = scan_exponent(at + 1, end, out.exponent);
    return at == end;
}

// Whether a number that no double can hold is too large, not too small.
bool is_large(std::string_view token, decimal const& number) noexcept
{
    auto const digits = token.substr(0, token.find_first_of("eE"));
    auto const first = digits.find_first_of("123456789");
    if (first == std::string_view::npos)
        return false;
    auto zeros = std::ptrdiff_t{0};
    for (auto const c : digits.substr(0, first))
        zeros += c == '0' ? 1 : 0;
    return number.count - zeros + number.exponent > 0;
}

constexpr auto powers_of_ten = std::array{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                          1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::ptrdiff_t largest_power = 22;
constexpr std::ptrdiff_t exact_digits = 15;

} // namespace

std::optional<std::int64_t> parse_json_int64(std::string_view token) noexcept
{
    auto const negative = !token.empty() && token.front() == '-';
    auto const size = parse_digits(token.substr(negative ? 1 : 0));
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!size || *size > most + (negative ? 1 : 0))
        return std::nullopt;
    return static_cast<std::int64_t>(negative ? 0 - *size : *size);
}

std::optional<std::uint64_t> parse_json_uint64(std::string_view token) noexcept
{
    if (token == "-0")
        return 0;
    return parse_digits(token);
}

json_number parse_json_double(std::string_view token, double& out) noexcept
{
    auto number = decimal{};
    if (!scan(token, number))
        return json_number::malformed;
    // Digits and power are exact doubles, and so one operation on them is rounded right.
    if (number.count <= exact_digits && number.exponent >= -largest_power && number.exponent <= largest_power)
    {
        auto const digits = static_cast<double>(number.digits);
        auto const size = number.exponent < 0 ? digits / powers_of_ten[static_cast<std::size_t>(-number.exponent)]
                                              : digits * powers_of_ten[static_cast<std::size_t>(number.exponent)];
        out = number.negative ? -size : size;
        return json_number::good;
    }
    if (std::from_chars(token.data(), token.data() + token.size(), out).ec == std::errc{})
        return json_number::good;
    if (is_large(token, number))
        return json_number::too_large;
    out = number.negative ? -0.0 : 0.0;
    return json_number::good;
}

} // namespace paperboy::serde

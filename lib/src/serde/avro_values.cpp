#include <paperboy/detail/avro_type.hpp>

#include <boost/core/demangle.hpp>

#include <algorithm>
#include <cstdint>
#include <ranges>

namespace paperboy
{
namespace
{

// A number without a sign, its last 32 bits first; none for 0.
using parts_of_number = std::vector<std::uint32_t>;

void drop_zeros(parts_of_number& of)
{
    while (!of.empty() && of.back() == 0)
        of.pop_back();
}

parts_of_number magnitude(std::vector<std::byte> const& of, bool negative)
{
    auto out = parts_of_number{};
    auto carry = negative ? 1U : 0U;
    auto bits = 0U;
    for (auto const byte : std::views::reverse(of))
    {
        auto const value = std::to_integer<std::uint32_t>(negative ? ~byte : byte) + carry;
        carry = value >> 8U;
        if (bits == 0)
            out.push_back(0);
        out.back() |= (value & 0xffU) << bits;
        bits = (bits + 8) % 32;
    }
    drop_zeros(out);
    return out;
}

constexpr auto digits_at_once = 9;

// Divides it by ten to the power of digits_at_once; the remainder.
std::uint32_t divide(parts_of_number& number)
{
    constexpr auto by = std::uint64_t{1'000'000'000};
    auto remainder = std::uint64_t{0};
    for (auto& each : std::views::reverse(number))
    {
        auto const value = remainder << 32U | each;
        each = static_cast<std::uint32_t>(value / by);
        remainder = value % by;
    }
    drop_zeros(number);
    return static_cast<std::uint32_t>(remainder);
}

// The last one first; none for 0.
std::string digits_of(parts_of_number number)
{
    auto out = std::string{};
    while (!number.empty())
    {
        auto rest = divide(number);
        for (auto i = 0; i < digits_at_once && (rest > 0 || !number.empty()); ++i)
        {
            out += static_cast<char>('0' + rest % 10);
            rest /= 10;
        }
    }
    return out;
}

} // namespace

std::string avro_decimal::to_string() const
{
    auto const negative = !unscaled.empty() && (unscaled.front() & std::byte{0x80}) != std::byte{0};
    auto digits = digits_of(magnitude(unscaled, negative));
    auto const fraction = static_cast<std::size_t>(std::max(scale, 0));
    while (digits.size() <= fraction)
        digits += '0';
    auto out = std::string{negative ? "-" : ""};
    for (auto i = digits.size(); i > 0; --i)
    {
        if (i == fraction)
            out += '.';
        out += digits[i - 1];
    }
    return out;
}

namespace detail
{

std::string avro_name_of(std::type_info const& type)
{
    auto const text = boost::core::demangle(type.name());
    auto out = std::string{};
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        auto const c = text[i];
        auto const word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (text.compare(i, 2, "::") == 0)
        {
            out += '.';
            ++i;
        }
        else
            out += word ? c : '_';
    }
    // What no name of Avro can be: a namespace without a name, of which demangling makes a phrase in brackets.
    for (auto hole = out.find("_anonymous_namespace_."); hole != out.npos; hole = out.find("_anonymous_namespace_."))
        out.erase(hole, std::string_view{"_anonymous_namespace_."}.size());
    return out;
}

} // namespace detail
} // namespace paperboy

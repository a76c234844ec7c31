#include <paperboy/detail/avro_type.hpp>

#include <boost/core/demangle.hpp>

#include <algorithm>
#include <ranges>

namespace paperboy
{
namespace
{

// Divides a big-endian number by ten in place; the remainder.
unsigned divide_by_ten(std::vector<unsigned>& digits)
{
    auto remainder = 0U;
    for (auto& each : digits)
    {
        auto const value = remainder * 256 + each;
        each = value / 10;
        remainder = value % 10;
    }
    return remainder;
}

// The bytes of the absolute value.
std::vector<unsigned> magnitude(std::vector<std::byte> const& of, bool negative)
{
    auto out = std::vector<unsigned>{};
    for (auto const byte : of)
        out.push_back(std::to_integer<unsigned>(negative ? ~byte : byte));
    if (negative)
        for (auto& each : std::views::reverse(out))
        {
            each = (each + 1) & 0xffU;
            if (each != 0)
                break;
        }
    return out;
}

} // namespace

std::string avro_decimal::to_string() const
{
    auto const negative = !unscaled.empty() && (unscaled.front() & std::byte{0x80}) != std::byte{0};
    auto left = magnitude(unscaled, negative);
    auto digits = std::string{};
    auto const is_zero = [](unsigned byte) { return byte == 0; };
    while (!std::ranges::all_of(left, is_zero))
        digits += static_cast<char>('0' + divide_by_ten(left));
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

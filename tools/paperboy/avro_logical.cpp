#include "avro_logical.hpp"

#include "command.hpp"
#include "times.hpp"

#include <paperboy/serde.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>

namespace paperboy::cli
{
namespace
{

constexpr auto seconds_of_day = std::int64_t{86'400};

// ---- dates and times

struct time_type
{
    std::string_view name;
    std::string_view underneath;
    std::int64_t per_second;
    std::string_view expected;
};

constexpr auto date_text = std::string_view{"a date such as \"2024-02-29\""};
constexpr auto millis_text = std::string_view{"a time of whole milliseconds such as \"2024-02-29T12:00:00.123Z\""};
constexpr auto micros_text = std::string_view{"a time of whole microseconds such as \"2024-02-29T12:00:00.123456Z\""};
constexpr auto nanos_text =
    std::string_view{"a time within the range of nanoseconds such as \"2024-02-29T12:00:00.123456789Z\""};

constexpr auto time_types = std::array<time_type, 9>{{
    {"date", "int", 1, date_text},
    {"time-millis", "int", 1'000, "a time of day of whole milliseconds such as \"12:00:00.123\""},
    {"time-micros", "long", 1'000'000, "a time of day of whole microseconds such as \"12:00:00.123456\""},
    {"timestamp-millis", "long", 1'000, millis_text},
    {"timestamp-micros", "long", 1'000'000, micros_text},
    {"timestamp-nanos", "long", 1'000'000'000, nanos_text},
    {"local-timestamp-millis", "long", 1'000, millis_text},
    {"local-timestamp-micros", "long", 1'000'000, micros_text},
    {"local-timestamp-nanos", "long", 1'000'000'000, nanos_text},
}};

// Nothing where that would not be the same time.
std::optional<std::int64_t> count_of(exact_time time, std::int64_t per_second)
{
    auto const unit = 1'000'000'000 / per_second;
    auto rest = time.nanoseconds / unit;
    if (time.nanoseconds % unit != 0)
        return std::nullopt;
    // Of the least seconds, only with the rest is the count within the range.
    if (time.seconds < 0)
    {
        ++time.seconds;
        rest -= per_second;
    }
    auto count = std::int64_t{0};
    if (__builtin_mul_overflow(time.seconds, per_second, &count) || __builtin_add_overflow(count, rest, &count))
        return std::nullopt;
    return count;
}

std::optional<std::int64_t> count_from(std::string const& text, time_type const& type)
{
    auto time = type.name.starts_with("time-") ? parse_time_of_day(text) : parse_iso_time(text);
    if (!time)
        return std::nullopt;
    if (type.name != "date")
        return count_of(*time, type.per_second);
    if (time->nanoseconds != 0 || time->seconds % seconds_of_day != 0)
        return std::nullopt;
    return time->seconds / seconds_of_day;
}

bool write_time(json const& value, time_type const& type, std::string const& place, std::string& out)
{
    if (!value.is_string())
        return false;
    auto const count = count_from(value.get_ref<std::string const&>(), type);
    if (!count)
        fail_avro(place, type.expected, value);
    write_avro_long(*count, out);
    return true;
}

// ---- decimals

constexpr auto most_digits = std::int64_t{1'000};

struct decimal_type
{
    std::size_t precision;
    std::size_t scale;
};

// Nothing where the library reads only bytes, too.
std::optional<decimal_type> decimal_of(json const& schema)
{
    auto const precision = schema.find("precision");
    auto const scale = schema.find("scale");
    if (precision == schema.end() || !precision->is_number_integer() ||
        (scale != schema.end() && !scale->is_number_integer()))
        return std::nullopt;
    auto const digits = precision->get<std::int64_t>();
    auto const behind = scale == schema.end() ? 0 : scale->get<std::int64_t>();
    if (digits < 1 || digits > most_digits || behind < 0 || behind > digits)
        return std::nullopt;
    return decimal_type{static_cast<std::size_t>(digits), static_cast<std::size_t>(behind)};
}

bool all_digits(std::string_view text)
{
    return text.find_first_not_of("0123456789") == text.npos;
}

// The digits of the unscaled number, without those in front that are 0. Nothing: it is no number, or has more of them
// behind its point, or in all.
std::optional<std::string> unscaled_digits(std::string_view number, decimal_type const& type)
{
    auto const point = std::min(number.find('.'), number.size());
    auto const whole = number.substr(0, point);
    auto behind = number.substr(std::min(point + 1, number.size()));
    if (whole.empty() || !all_digits(whole) || !all_digits(behind) || (point < number.size() && behind.empty()))
        return std::nullopt;
    while (behind.size() > type.scale && behind.ends_with('0'))
        behind.remove_suffix(1);
    if (behind.size() > type.scale)
        return std::nullopt;
    auto digits = std::string{whole}.append(behind).append(type.scale - behind.size(), '0');
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    return digits.size() <= type.precision ? std::optional{digits} : std::nullopt;
}

// Two's complement, the last byte first, in as few bytes as it takes; one for 0.
std::string bytes_of_digits(std::string_view digits, bool negative)
{
    auto bytes = std::string(1, '\0');
    for (auto const digit : digits)
    {
        auto carry = static_cast<unsigned>(digit - '0');
        for (auto& each : bytes)
        {
            carry += static_cast<unsigned char>(each) * 10U;
            each = static_cast<char>(carry & 0xffU);
            carry >>= 8U;
        }
        if (carry != 0)
            bytes += static_cast<char>(carry);
    }
    bytes += '\0';
    auto carry = 1U;
    for (auto& each : bytes)
        if (negative)
        {
            carry += static_cast<unsigned char>(~each);
            each = static_cast<char>(carry & 0xffU);
            carry >>= 8U;
        }
    auto const is_sign = [&bytes](std::size_t at)
    { return static_cast<unsigned char>(bytes[at]) == (static_cast<unsigned char>(bytes[at - 1]) < 0x80 ? 0 : 0xff); };
    while (bytes.size() > 1 && is_sign(bytes.size() - 1))
        bytes.pop_back();
    return bytes;
}

std::string in_words(decimal_type const& type)
{
    return "a decimal of up to " + std::to_string(type.precision) + " digits, " + std::to_string(type.scale) +
           " of them behind the point, as a text";
}

void write_decimal(json const& value, decimal_type const& type, std::optional<std::size_t> size,
                   std::string const& place, std::string& out)
{
    // Numbers of JSON are rounded before they get here.
    if (!value.is_string())
        fail_avro(place, in_words(type), value);
    auto const& text = value.get_ref<std::string const&>();
    auto const negative = text.starts_with('-');
    auto const digits = unscaled_digits(std::string_view{text}.substr(negative ? 1 : 0), type);
    if (!digits)
        fail_avro(place, in_words(type), value);
    auto bytes = bytes_of_digits(*digits, negative);
    if (size && bytes.size() > *size)
        fail_avro(place, "a decimal that " + std::to_string(*size) + " bytes can hold", value);
    if (size)
        bytes.resize(*size, static_cast<unsigned char>(bytes.back()) < 0x80 ? '\0' : '\xff');
    else
        write_avro_long(static_cast<std::int64_t>(bytes.size()), out);
    out.append(bytes.rbegin(), bytes.rend());
}

// ---- UUIDs and durations

void write_uuid(json const& value, std::string const& place, std::string& out)
try
{
    auto const text = value.is_string() ? value.get<std::string>() : std::string{};
    auto id = boost::uuids::uuid{};
    uuid{}.decode(std::as_bytes(std::span{text}), id);
    out.append(id.begin(), id.end());
}
catch (decode_error const&)
{
    fail_avro(place, "a UUID", value);
}

void write_duration(json const& value, std::string const& place, std::string& out)
{
    constexpr auto parts = std::array{"months", "days", "milliseconds"};
    constexpr auto expected = R"({"months": …, "days": …, "milliseconds": …}, whole numbers of 32 bits without a sign)";
    if (!value.is_object() || value.size() != parts.size())
        fail_avro(place, expected, value);
    for (auto const* const part : parts)
    {
        auto const found = value.find(part);
        if (found == value.end() || !found->is_number_unsigned() ||
            found->get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max())
            fail_avro(place, expected, value);
        for (auto shift = 0U; shift < 32; shift += 8)
            out += static_cast<char>(found->get<std::uint64_t>() >> shift & 0xffU);
    }
}

} // namespace

void fail_avro(std::string const& place, std::string_view expected, json const& found)
{
    throw command_failed{"Avro: " + (place.empty() ? "the value" : place) + ": expected " + std::string{expected} +
                         ", found " + found.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60)};
}

void write_avro_long(std::int64_t number, std::string& out)
{
    auto left = static_cast<std::uint64_t>(number) << 1U ^ static_cast<std::uint64_t>(number >> 63);
    for (; left >= 0x80; left >>= 7U)
        out += static_cast<char>((left & 0x7fU) | 0x80U);
    out += static_cast<char>(left);
}

bool write_avro_logical(json const& value, json const& schema, std::string const& type, std::string const& place,
                        std::string& out)
{
    auto const found = schema.find("logicalType");
    if (found == schema.end() || !found->is_string())
        return false;
    auto const& name = found->get_ref<std::string const&>();
    for (auto const& each : time_types)
        if (each.name == name && each.underneath == type)
            return write_time(value, each, place, out);
    auto const size =
        type == "fixed" ? std::optional{schema.at("size").get<std::size_t>()} : std::optional<std::size_t>{};
    if (name == "decimal" && (size || type == "bytes"))
    {
        auto const decimal = decimal_of(schema);
        if (decimal)
            write_decimal(value, *decimal, size, place, out);
        return decimal.has_value();
    }
    if (name == "uuid" && size == std::size_t{16})
        write_uuid(value, place, out);
    else if (name == "duration" && size == std::size_t{12})
        write_duration(value, place, out);
    else
        return false;
    return true;
}

} // namespace paperboy::cli

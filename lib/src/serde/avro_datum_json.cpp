#include <paperboy/avro_datum.hpp>

#include "serde/avro_datum_schema.hpp"

#include <paperboy/detail/json_write.hpp>
#include <paperboy/serde.hpp>

#include <simdjson.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

// What an avro_datum looks like in JSON.
namespace paperboy
{
namespace
{

using serde::avro_logical;

void write_number(double value, std::string& out)
{
    if (std::isnan(value))
        out.append(R"("NaN")");
    else if (std::isinf(value))
        out.append(value > 0 ? R"("Infinity")" : R"("-Infinity")");
    else
        detail::write_json_floating(value, out);
}

// A character for each byte.
void write_bytes(std::string_view bytes, std::string& out)
{
    auto text = std::string{};
    for (auto const each : bytes)
    {
        auto const byte = static_cast<unsigned char>(each);
        if (byte < 0x80)
            text.push_back(each);
        else
        {
            text.push_back(static_cast<char>(0xc0U | (byte >> 6U)));
            text.push_back(static_cast<char>(0x80U | (byte & 0x3fU)));
        }
    }
    detail::write_json_text(text, out);
}

void write_text(std::string_view text, std::string& out)
{
    if (simdjson::validate_utf8(text.data(), text.size()))
        detail::write_json_text(text, out);
    else
        write_bytes(text, out);
}

// Units per second of a timestamp, and the digits that a second has then; nothing for other types.
struct unit
{
    std::int64_t per_second;
    int digits;
};

std::optional<unit> unit_of(avro_logical logical)
{
    switch (logical)
    {
    case avro_logical::timestamp_millis:
    case avro_logical::time_millis:
        return unit{1'000, 3};
    case avro_logical::timestamp_micros:
    case avro_logical::time_micros:
        return unit{1'000'000, 6};
    case avro_logical::timestamp_nanos:
        return unit{1'000'000'000, 9};
    default:
        return std::nullopt;
    }
}

bool write_timestamp(std::int64_t count, unit in, std::string& out)
{
    auto seconds = count / in.per_second;
    auto rest = count % in.per_second;
    if (rest < 0)
    {
        --seconds;
        rest += in.per_second;
    }
    auto text = std::string{};
    auto const nanoseconds = static_cast<std::int32_t>(rest * (1'000'000'000 / in.per_second));
    if (!detail::append_timestamp({seconds, nanoseconds}, in.digits, text))
        return false;
    out.append("\"").append(text).append("\"");
    return true;
}

bool write_date(std::int64_t days, std::string& out)
{
    constexpr auto most = std::int64_t{10'000'000};
    auto text = std::string{};
    if (days > most || days < -most || !detail::append_timestamp({days * 86'400, 0}, 0, text))
        return false;
    out.append("\"").append(text, 0, std::string_view{"2024-02-29"}.size()).append("\"");
    return true;
}

bool write_time_of_day(std::int64_t count, unit in, std::string& out)
{
    if (count < 0 || count >= 86'400 * in.per_second)
        return false;
    auto const seconds = static_cast<int>(count / in.per_second);
    auto text = std::array<char, 40>{};
    static_cast<void>(std::snprintf(text.data(), text.size(), "\"%02d:%02d:%02d.%0*lld\"", seconds / 3600,
                                    seconds / 60 % 60, seconds % 60, in.digits,
                                    static_cast<long long>(count % in.per_second)));
    out.append(text.data());
    return true;
}

// Of an int or long; false: as a number.
bool write_logical(std::int64_t value, avro_logical logical, std::string& out)
{
    if (logical == avro_logical::date)
        return write_date(value, out);
    auto const unit = unit_of(logical);
    if (!unit)
        return false;
    auto const of_day = logical == avro_logical::time_millis || logical == avro_logical::time_micros;
    return of_day ? write_time_of_day(value, *unit, out) : write_timestamp(value, *unit, out);
}

void write_duration(avro_duration const& value, std::string& out)
{
    out.append(R"({"months":)").append(std::to_string(value.months));
    out.append(R"(,"days":)").append(std::to_string(value.days));
    out.append(R"(,"milliseconds":)").append(std::to_string(value.milliseconds)).append("}");
}

void write_uuid(boost::uuids::uuid const& value, std::string& out)
{
    out.push_back('"');
    uuid{}.encode(value, out);
    out.push_back('"');
}

} // namespace

void avro_value::write_json(std::string& out) const
{
    auto const of = kind();
    auto const logical = schema_->tree[cell_->node].logical;
    switch (of)
    {
    case avro_datum_kind::null:
        out.append("null");
        return;
    case avro_datum_kind::boolean:
        out.append(boolean() ? "true" : "false");
        return;
    case avro_datum_kind::integer:
        if (!write_logical(cell_->number, logical, out))
            detail::write_json_integer(cell_->number, out);
        return;
    case avro_datum_kind::floating:
        return write_number(cell_->real, out);
    case avro_datum_kind::text:
        return write_text(cell_->bytes, out);
    case avro_datum_kind::bytes:
        if (logical == avro_logical::decimal && serde::is_decimal(cell_->bytes))
            return write_text(decimal().to_string(), out);
        if (logical == avro_logical::duration)
            return write_duration(duration(), out);
        if (logical == avro_logical::uuid)
            return write_uuid(uuid(), out);
        return write_bytes(cell_->bytes, out);
    case avro_datum_kind::record:
    case avro_datum_kind::array:
    case avro_datum_kind::map:
        break;
    }
    auto const named = of != avro_datum_kind::array;
    auto separator = std::string_view{named ? "{" : "["};
    for_each(
        [&](std::string_view name, avro_value const& item)
        {
            out.append(separator);
            separator = ",";
            if (named)
            {
                write_text(name, out);
                out.push_back(':');
            }
            item.write_json(out);
        });
    if (size() == 0)
        out.append(separator);
    out.push_back(named ? '}' : ']');
}

} // namespace paperboy

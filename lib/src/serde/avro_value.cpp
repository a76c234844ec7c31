#include <paperboy/avro_datum.hpp>

#include "serde/avro_datum_schema.hpp"

#include <paperboy/error.hpp>
#include <paperboy/serde.hpp>

#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <ranges>
#include <span>

namespace paperboy
{

using detail::avro_cell;
using serde::avro_kind;
using serde::avro_logical;

namespace
{

avro_datum_kind kind_of(avro_kind kind)
{
    switch (kind)
    {
    case avro_kind::boolean:
        return avro_datum_kind::boolean;
    case avro_kind::int32:
    case avro_kind::int64:
        return avro_datum_kind::integer;
    case avro_kind::float32:
    case avro_kind::float64:
        return avro_datum_kind::floating;
    case avro_kind::bytes:
    case avro_kind::fixed:
        return avro_datum_kind::bytes;
    case avro_kind::string:
    case avro_kind::enumeration:
        return avro_datum_kind::text;
    case avro_kind::record:
        return avro_datum_kind::record;
    case avro_kind::array:
        return avro_datum_kind::array;
    case avro_kind::map:
        return avro_datum_kind::map;
    default:
        return avro_datum_kind::null;
    }
}

bool is_container(avro_datum_kind kind)
{
    return kind == avro_datum_kind::record || kind == avro_datum_kind::array || kind == avro_datum_kind::map;
}

std::int64_t rounded_down(std::int64_t value, std::int64_t by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

} // namespace

void avro_value::fail(std::string_view expected) const
{
    throw decode_error{"Avro: expected " + std::string{expected} + ", found " +
                       (cell_ == nullptr ? "nothing" : type())};
}

avro_datum_kind avro_value::kind() const
{
    if (cell_ == nullptr)
        fail("a value");
    return kind_of(schema_->tree[cell_->node].kind);
}

std::string avro_value::type() const
{
    if (cell_ == nullptr)
        fail("a value");
    return serde::describe(schema_->tree[cell_->node]);
}

bool avro_value::boolean() const
{
    if (kind() != avro_datum_kind::boolean)
        fail("a boolean");
    return cell_->number != 0;
}

std::int64_t avro_value::integer() const
{
    if (kind() != avro_datum_kind::integer)
        fail("an int or long");
    return cell_->number;
}

double avro_value::number() const
{
    if (kind() == avro_datum_kind::integer)
        return static_cast<double>(cell_->number);
    if (kind() != avro_datum_kind::floating)
        fail("a number");
    return cell_->real;
}

std::string_view avro_value::text() const
{
    if (kind() != avro_datum_kind::text)
        fail("a string or enum");
    return cell_->bytes;
}

bytes_view avro_value::bytes() const
{
    if (kind() != avro_datum_kind::bytes && schema_->tree[cell_->node].kind != avro_kind::string)
        fail("bytes, a fixed or a string");
    return std::as_bytes(std::span{cell_->bytes});
}

std::chrono::sys_time<std::chrono::microseconds> avro_value::time() const
{
    using time = std::chrono::sys_time<std::chrono::microseconds>;
    using std::chrono::microseconds;
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    auto const logical = kind() == avro_datum_kind::integer ? schema_->tree[cell_->node].logical : avro_logical::none;
    auto const factor = logical == avro_logical::date ? std::int64_t{86'400'000'000} : std::int64_t{1'000};
    switch (logical)
    {
    case avro_logical::date:
    case avro_logical::timestamp_millis:
        if (cell_->number > most / factor || cell_->number < -most / factor)
            fail("a time within the range of microseconds");
        return time{microseconds{cell_->number * factor}};
    case avro_logical::timestamp_micros:
        return time{microseconds{cell_->number}};
    case avro_logical::timestamp_nanos:
        return time{microseconds{rounded_down(cell_->number, 1'000)}};
    default:
        fail("a timestamp or date");
    }
}

std::chrono::microseconds avro_value::time_of_day() const
{
    auto const logical = kind() == avro_datum_kind::integer ? schema_->tree[cell_->node].logical : avro_logical::none;
    if (logical == avro_logical::time_micros)
        return std::chrono::microseconds{cell_->number};
    if (logical != avro_logical::time_millis)
        fail("a time of day");
    if (cell_->number != static_cast<std::int32_t>(cell_->number))
        fail("a time of day within 32 bits");
    return std::chrono::microseconds{cell_->number * 1'000};
}

avro_decimal avro_value::decimal() const
{
    auto const is_bytes = kind() == avro_datum_kind::bytes;
    auto const& node = schema_->tree[cell_->node];
    if (!is_bytes || node.logical != avro_logical::decimal)
        fail("a decimal");
    if (!serde::is_decimal(cell_->bytes))
        fail("a decimal of at most 1,000 digits");
    auto const data = bytes();
    return {{data.begin(), data.end()}, node.scale};
}

avro_duration avro_value::duration() const
{
    if (kind() != avro_datum_kind::bytes || schema_->tree[cell_->node].logical != avro_logical::duration)
        fail("a duration");
    auto parts = std::array<std::uint32_t, 3>{};
    std::memcpy(parts.data(), cell_->bytes.data(), sizeof parts);
    return {parts[0], parts[1], parts[2]};
}

boost::uuids::uuid avro_value::uuid() const
{
    static_cast<void>(kind());
    auto const& node = schema_->tree[cell_->node];
    if (node.logical != avro_logical::uuid)
        fail("a uuid");
    auto out = boost::uuids::uuid{};
    if (node.kind == avro_kind::fixed)
        std::memcpy(out.begin(), cell_->bytes.data(), out.size());
    else
        paperboy::uuid{}.decode(bytes(), out);
    return out;
}

// ---- its parts

std::size_t avro_value::size() const
{
    return is_container(kind()) ? static_cast<std::size_t>(cell_->number) : 0;
}

std::string_view avro_value::name_of(avro_cell const& item, std::size_t index) const
{
    auto const& node = schema_->tree[cell_->node];
    return node.kind == avro_kind::record ? std::string_view{node.fields[index].name} : item.key;
}

avro_value avro_value::operator[](std::string_view name) const
{
    if (cell_ == nullptr || (kind() != avro_datum_kind::record && kind() != avro_datum_kind::map))
        return {};
    auto const* item = cell_ + 1;
    for (std::size_t index = 0; index < size(); item += item->extent, ++index)
        if (name_of(*item, index) == name)
            return {*schema_, *item};
    return {};
}

avro_value avro_value::operator[](std::size_t index) const
{
    if (cell_ == nullptr || index >= size())
        return {};
    auto const* item = cell_ + 1;
    for (; index > 0; --index)
        item += item->extent;
    return {*schema_, *item};
}

avro_value avro_value::at(std::string_view path) const
{
    auto found = *this;
    for (auto const part : std::views::split(path, '/'))
    {
        auto const step = std::string_view{part.begin(), part.end()};
        if (!found || found.kind() != avro_datum_kind::array)
        {
            found = found[step];
            continue;
        }
        auto index = std::size_t{0};
        auto const [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
        found = error == std::errc{} && end == step.data() + step.size() ? found[index] : avro_value{};
    }
    return found;
}

std::string avro_value::to_json() const
{
    auto out = std::string{};
    write_json(out);
    return out;
}

} // namespace paperboy

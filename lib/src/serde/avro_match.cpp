#include "serde/avro_match.hpp"

namespace paperboy::serde
{
namespace
{

using detail::avro_shape;
using detail::avro_type;

std::uint32_t narrow(std::size_t value)
{
    return static_cast<std::uint32_t>(value);
}

std::optional<avro_step> text_step(avro_node const& node, avro_type const& type)
{
    switch (type.shape)
    {
    case avro_shape::text:
        return avro_step{avro_op::read_text};
    case avro_shape::text_view:
        return avro_step{avro_op::read_text_view};
    case avro_shape::bytes:
        return avro_step{avro_op::read_bytes};
    case avro_shape::bytes_view:
        return avro_step{avro_op::read_bytes_view};
    case avro_shape::uuid:
        return node.kind == avro_kind::string ? std::optional{avro_step{avro_op::uuid_from_text}} : std::nullopt;
    case avro_shape::decimal:
        if (node.logical == avro_logical::decimal)
            return avro_step{avro_op::decimal_from_bytes, 0, 0, static_cast<std::uint32_t>(node.scale)};
        return std::nullopt;
    default:
        return std::nullopt;
    }
}

std::optional<avro_step> fixed_step(avro_node const& node, avro_type const& type)
{
    auto const sized = [&node](avro_op op) { return std::optional{avro_step{op, 0, 0, narrow(node.size)}}; };
    switch (type.shape)
    {
    case avro_shape::fixed:
        return type.size == node.size ? sized(avro_op::read_fixed) : std::nullopt;
    case avro_shape::bytes:
        return sized(avro_op::fixed_to_bytes);
    case avro_shape::bytes_view:
        return sized(avro_op::fixed_to_bytes_view);
    case avro_shape::uuid:
        return node.size == 16 ? sized(avro_op::read_fixed) : std::nullopt;
    case avro_shape::duration:
        return node.size == 12 ? sized(avro_op::read_duration) : std::nullopt;
    case avro_shape::decimal:
        if (node.logical == avro_logical::decimal)
            return avro_step{avro_op::decimal_from_fixed, 0, narrow(node.size), static_cast<std::uint32_t>(node.scale)};
        return std::nullopt;
    default:
        return std::nullopt;
    }
}

} // namespace

std::string describe(avro_type const& type)
{
    switch (type.shape)
    {
    case avro_shape::null:
        return "std::monostate";
    case avro_shape::boolean:
        return "bool";
    case avro_shape::integer:
        return "an integer of " + std::to_string(type.size * 8) + " bits";
    case avro_shape::floating:
        return type.size == 4 ? "float" : "double";
    case avro_shape::text:
    case avro_shape::text_view:
        return "text";
    case avro_shape::bytes:
    case avro_shape::bytes_view:
        return "bytes";
    case avro_shape::fixed:
        return std::to_string(type.size) + " bytes";
    case avro_shape::enumeration:
        return "the enum " + type.name;
    case avro_shape::timestamp:
        return "a time";
    case avro_shape::time:
        return "a time of day";
    case avro_shape::uuid:
        return "a uuid";
    case avro_shape::decimal:
        return "a decimal";
    case avro_shape::duration:
        return "a duration";
    case avro_shape::optional:
        return "an optional";
    case avro_shape::variant:
        return "a variant";
    case avro_shape::sequence:
        return "a sequence";
    case avro_shape::mapping:
        return "a mapping";
    case avro_shape::record:
        return "the struct " + type.name;
    case avro_shape::datum:
        return "an avro_datum, which has to be the whole record";
    }
    return "unknown";
}

std::optional<std::int64_t> units_of(avro_logical logical, avro_shape shape)
{
    auto const timestamp = shape == avro_shape::timestamp;
    switch (logical)
    {
    case avro_logical::timestamp_millis:
        return timestamp ? std::optional<std::int64_t>{1'000} : std::nullopt;
    case avro_logical::timestamp_micros:
        return timestamp ? std::optional<std::int64_t>{1'000'000} : std::nullopt;
    case avro_logical::timestamp_nanos:
        return timestamp ? std::optional<std::int64_t>{1'000'000'000} : std::nullopt;
    case avro_logical::time_millis:
        return timestamp ? std::nullopt : std::optional<std::int64_t>{1'000};
    case avro_logical::time_micros:
        return timestamp ? std::nullopt : std::optional<std::int64_t>{1'000'000};
    default:
        return std::nullopt;
    }
}

std::optional<avro_step> scalar_step(avro_node const& node, avro_type const& type)
{
    auto const made = [](avro_op op, std::size_t extra = 0)
    { return std::optional{avro_step{op, 0, 0, narrow(extra)}}; };
    switch (node.kind)
    {
    case avro_kind::null:
        return type.shape == avro_shape::null ? made(avro_op::end) : std::nullopt;
    case avro_kind::boolean:
        return type.shape == avro_shape::boolean ? made(avro_op::read_boolean) : std::nullopt;
    case avro_kind::int32:
    case avro_kind::int64:
        if (type.shape == avro_shape::integer)
            return made(type.size == 8 && type.is_signed ? avro_op::read_long : avro_op::read_integer);
        if (type.shape == avro_shape::floating)
            return made(type.size == 4 ? avro_op::long_to_float : avro_op::long_to_double);
        return std::nullopt;
    case avro_kind::float32:
        if (type.shape == avro_shape::floating)
            return made(type.size == 4 ? avro_op::read_float : avro_op::float_to_double);
        return std::nullopt;
    case avro_kind::float64:
        return type.shape == avro_shape::floating && type.size == 8 ? made(avro_op::read_double) : std::nullopt;
    case avro_kind::bytes:
    case avro_kind::string:
        return text_step(node, type);
    case avro_kind::fixed:
        return fixed_step(node, type);
    default:
        return std::nullopt;
    }
}

bool is_same(avro_node const& node, avro_type const& type)
{
    switch (type.shape)
    {
    case avro_shape::record:
    case avro_shape::enumeration:
        return unqualified(node.name) == unqualified(type.name);
    case avro_shape::integer:
        return (node.kind == avro_kind::int32 ? type.size <= 4 : type.size > 4) && node.logical == avro_logical::none;
    case avro_shape::floating:
        return node.kind == (type.size == 4 ? avro_kind::float32 : avro_kind::float64);
    case avro_shape::text:
    case avro_shape::text_view:
        return node.kind == avro_kind::string && node.logical == avro_logical::none;
    case avro_shape::bytes:
    case avro_shape::bytes_view:
        return node.kind == avro_kind::bytes && node.logical == avro_logical::none;
    case avro_shape::uuid:
        return node.logical == avro_logical::uuid;
    case avro_shape::timestamp:
    case avro_shape::time:
        return node.logical != avro_logical::none;
    default:
        return true;
    }
}

bool can_become(avro_node const& node, avro_type const& type)
{
    switch (type.shape)
    {
    case avro_shape::record:
        return node.kind == avro_kind::record;
    case avro_shape::enumeration:
        return node.kind == avro_kind::enumeration;
    case avro_shape::sequence:
        return node.kind == avro_kind::array;
    case avro_shape::mapping:
        return node.kind == avro_kind::map;
    case avro_shape::timestamp:
        return units_of(node.logical, type.shape) || node.logical == avro_logical::date;
    case avro_shape::time:
        return units_of(node.logical, type.shape).has_value();
    case avro_shape::optional:
    case avro_shape::variant:
        return false;
    default:
        return scalar_step(node, type).has_value();
    }
}

} // namespace paperboy::serde

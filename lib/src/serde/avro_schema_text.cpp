#include "serde/avro_schema_text.hpp"

#include "serde/avro_schema.hpp"

#include <set>
#include <utility>

namespace paperboy::serde
{
namespace
{

using detail::avro_shape;
using detail::avro_type;

std::string json_string(std::string_view text)
{
    return std::string{"\""}.append(text).append("\"");
}

class writer
{
public:
    std::string write(avro_type const& type)
    {
        switch (type.shape)
        {
        case avro_shape::null:
            return R"("null")";
        case avro_shape::boolean:
            return R"("boolean")";
        case avro_shape::integer:
            return type.size < 4 || (type.size == 4 && type.is_signed) ? R"("int")" : R"("long")";
        case avro_shape::floating:
            return type.size == 4 ? R"("float")" : R"("double")";
        case avro_shape::text:
        case avro_shape::text_view:
            return R"("string")";
        case avro_shape::bytes:
        case avro_shape::bytes_view:
            return R"("bytes")";
        case avro_shape::uuid:
            return R"({"type":"string","logicalType":"uuid"})";
        case avro_shape::fixed:
            return fixed("fixed_" + std::to_string(type.size), type.size, "");
        case avro_shape::duration:
            return fixed("avro_duration", 12, R"(,"logicalType":"duration")");
        case avro_shape::timestamp:
        case avro_shape::time:
            return count(type);
        case avro_shape::optional:
            return optional(type);
        case avro_shape::variant:
            return variant(type);
        case avro_shape::sequence:
            return R"({"type":"array","items":)" + write(type.element()) + "}";
        case avro_shape::mapping:
            return R"({"type":"map","values":)" + write(type.element()) + "}";
        case avro_shape::enumeration:
            return enumeration(type);
        case avro_shape::record:
            return record(type);
        case avro_shape::datum:
            throw avro_schema_error{"an avro_datum is for reading only"};
        case avro_shape::decimal:
            break;
        }
        throw avro_schema_error{"a decimal's precision and scale are not in its C++ type; set avro_options::schema"};
    }

private:
    // Once defined, a name stands for the whole. One without a dot is a name in the namespace of the record around it.
    bool is_new(std::string const& name)
    {
        auto const full = space_.empty() || name.find('.') != name.npos ? name : space_ + "." + name;
        return defined_.insert(full).second;
    }

    std::string fixed(std::string const& name, std::size_t size, std::string const& more)
    {
        if (!is_new(name))
            return json_string(name);
        return R"({"type":"fixed","name":)" + json_string(name) + R"(,"size":)" + std::to_string(size) + more + "}";
    }

    // In the type's unit where there is one; else in the next finer one.
    static std::string count(avro_type const& type)
    {
        auto const per_second = type.units / type.seconds;
        if (type.shape == avro_shape::timestamp && type.units == 1 && type.seconds == 86'400)
            return R"({"type":"int","logicalType":"date"})";
        if (type.shape == avro_shape::time && per_second <= 1'000)
            return R"({"type":"int","logicalType":"time-millis"})";
        if (type.shape == avro_shape::time)
            return R"({"type":"long","logicalType":"time-micros"})";
        auto const* unit = per_second <= 1'000 ? "millis" : per_second <= 1'000'000 ? "micros" : "nanos";
        return R"({"type":"long","logicalType":"timestamp-)" + std::string{unit} + "\"}";
    }

    std::string optional(avro_type const& type)
    {
        auto inner = write(type.element());
        if (inner.starts_with(R"(["null",)"))
            return inner;
        auto out = std::string{R"(["null",)"};
        return inner.starts_with('[') ? out.append(inner, 1) : out.append(inner).append("]");
    }

    std::string variant(avro_type const& type)
    {
        auto out = std::string{};
        for (auto const& each : type.alternatives)
            out.append(out.empty() ? "[" : ",").append(write(each()));
        return out.append("]");
    }

    std::string enumeration(avro_type const& type)
    {
        if (!is_new(type.name))
            return json_string(type.name);
        auto symbols = std::string{};
        for (auto const& each : type.enumerators)
            symbols.append(symbols.empty() ? "" : ",").append(json_string(each.name));
        auto const more =
            type.default_symbol ? R"(,"default":)" + json_string(type.default_symbol->name) : std::string{};
        return R"({"type":"enum","name":)" + json_string(type.name) + R"(,"symbols":[)" + symbols + "]" + more + "}";
    }

    std::string record(avro_type const& type)
    {
        if (!is_new(type.name))
            return json_string(type.name);
        auto const dot = type.name.rfind('.');
        auto const outer = dot == type.name.npos ? space_ : std::exchange(space_, type.name.substr(0, dot));
        auto fields = std::string{};
        for (auto const& each : type.members)
        {
            fields += fields.empty() ? R"({"name":)" : R"(,{"name":)";
            fields += json_string(each.name) + R"(,"type":)" + write(each.type());
            fields += each.type().shape == avro_shape::optional ? R"(,"default":null})" : "}";
        }
        space_ = outer;
        return R"({"type":"record","name":)" + json_string(type.name) + R"(,"fields":[)" + fields + "]}";
    }

    std::set<std::string> defined_;
    // Of the innermost record that has one.
    std::string space_;
};

} // namespace

std::string schema_text(detail::avro_type const& type)
{
    return writer{}.write(type);
}

} // namespace paperboy::serde

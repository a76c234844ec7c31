#include "avro_json.hpp"

#include "command.hpp"
#include "times.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>

namespace paperboy::cli
{
namespace
{

[[noreturn]] void fail(std::string const& place, std::string_view expected, json const& found)
{
    throw command_failed{"Avro: " + (place.empty() ? "the value" : place) + ": expected " + std::string{expected} +
                         ", found " + found.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60)};
}

void require(bool holds, std::string const& place, std::string_view expected, json const& found)
{
    if (!holds)
        fail(place, expected, found);
}

// Zigzag: numbers near zero are short.
void write_long(std::int64_t number, std::string& out)
{
    auto left = static_cast<std::uint64_t>(number) << 1U ^ static_cast<std::uint64_t>(number >> 63);
    for (; left >= 0x80; left >>= 7U)
        out += static_cast<char>((left & 0x7fU) | 0x80U);
    out += static_cast<char>(left);
}

template <class Bits>
void write_little_endian(Bits bits, std::string& out)
{
    for (std::size_t i = 0; i < sizeof(Bits); ++i)
        out += static_cast<char>(bits >> 8U * i & 0xffU);
}

// A text with a character, up to U+00FF, for each byte.
std::optional<std::string> bytes_from(std::string_view text)
{
    auto bytes = std::string{};
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        auto const first = static_cast<unsigned char>(text[i]);
        if (first < 0x80)
            bytes += text[i];
        else if ((first == 0xc2 || first == 0xc3) && i + 1 < text.size())
            bytes += static_cast<char>((first & 3U) << 6U | (static_cast<unsigned char>(text[++i]) & 0x3fU));
        else
            return std::nullopt;
    }
    return bytes;
}

std::string type_of(json const& schema)
{
    if (schema.is_string())
        return schema.get<std::string>();
    if (schema.is_array())
        return "union";
    return schema.at("type").is_string() ? schema.at("type").get<std::string>() : std::string{};
}

// A full name, and the namespace that the names within it are in.
std::string full_name(std::string const& name, std::string const& space)
{
    return space.empty() || name.find('.') != name.npos ? name : space + '.' + name;
}

std::string space_of(json const& schema, std::string const& space)
{
    auto const name = schema.value("name", std::string{});
    if (auto const dot = name.rfind('.'); dot != name.npos)
        return name.substr(0, dot);
    return schema.value("namespace", space);
}

bool is_named(std::string const& type)
{
    return type == "record" || type == "error" || type == "enum" || type == "fixed";
}

// Milliseconds since 1970, or days, in the unit of the schema.
std::optional<std::int64_t> time_from(json const& value, json const& schema)
{
    auto const logical = schema.is_object() ? schema.value("logicalType", std::string{}) : std::string{};
    if (!value.is_string() || (logical != "date" && logical.find("timestamp-") == logical.npos))
        return std::nullopt;
    auto const micros = parse_iso_micros(value.get_ref<std::string const&>());
    if (!micros)
        return std::nullopt;
    if (logical == "date")
        return *micros / 86'400'000'000;
    return logical.ends_with("millis") ? *micros / 1000 : logical.ends_with("nanos") ? *micros * 1000 : *micros;
}

void write_integer(json const& value, json const& schema, bool is_int, std::string const& place, std::string& out)
{
    if (auto const time = time_from(value, schema))
        return write_long(*time, out);
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()))
        fail(place, is_int ? "a whole number" : "a whole number of 64 bits", value);
    auto const number = value.get<std::int64_t>();
    if (is_int &&
        (number < std::numeric_limits<std::int32_t>::min() || number > std::numeric_limits<std::int32_t>::max()))
        fail(place, "a whole number of 32 bits", value);
    write_long(number, out);
}

void write_bytes(json const& value, std::optional<std::size_t> size, std::string const& place, std::string& out)
{
    auto const bytes = value.is_string() ? bytes_from(value.get_ref<std::string const&>()) : std::nullopt;
    if (!bytes || (size && bytes->size() != *size))
        fail(place,
             size ? "a text of " + std::to_string(*size) + " characters up to U+00FF"
                  : "a text of characters up to U+00FF",
             value);
    if (!size)
        write_long(static_cast<std::int64_t>(bytes->size()), out);
    out += *bytes;
}

// Whether it was one of the types without a name.
bool write_primitive(json const& value, json const& schema, std::string const& type, std::string const& place,
                     std::string& out)
{
    if (type == "null")
        require(value.is_null(), place, type, value);
    else if (type == "boolean")
    {
        require(value.is_boolean(), place, "true or false", value);
        out += static_cast<char>(value.get<bool>());
    }
    else if (type == "int" || type == "long")
        write_integer(value, schema, type == "int", place, out);
    else if (type == "float" || type == "double")
    {
        require(value.is_number(), place, "a number", value);
        if (type == "float")
            write_little_endian(std::bit_cast<std::uint32_t>(value.get<float>()), out);
        else
            write_little_endian(std::bit_cast<std::uint64_t>(value.get<double>()), out);
    }
    else if (type == "bytes")
        write_bytes(value, std::nullopt, place, out);
    else if (type == "string")
    {
        require(value.is_string(), place, "a text", value);
        write_long(static_cast<std::int64_t>(value.get_ref<std::string const&>().size()), out);
        out += value.get_ref<std::string const&>();
    }
    else
        return false;
    return true;
}

} // namespace

avro_json_writer::avro_json_writer(std::string_view schema)
{
    try
    {
        schema_ = json::parse(schema);
        collect(schema_, {});
    }
    catch (json::exception const& error)
    {
        throw command_failed{std::string{"this is no Avro schema: "} + error.what()};
    }
}

void avro_json_writer::collect(json const& schema, std::string const& space)
{
    if (schema.is_array())
        for (auto const& branch : schema)
            collect(branch, space);
    if (!schema.is_object())
        return;
    auto const inner = space_of(schema, space);
    if (is_named(type_of(schema)))
        named_.emplace(full_name(schema.at("name").get<std::string>(), inner), &schema);
    for (auto const* const part : {"type", "items", "values"})
        if (auto const found = schema.find(part); found != schema.end() && !found->is_string())
            collect(*found, inner);
    if (auto const fields = schema.find("fields"); fields != schema.end())
        for (auto const& field : *fields)
            collect(field.at("type"), inner);
}

void avro_json_writer::write(json const& value, std::string& out) const
{
    write(value, schema_, {}, {}, out);
}

json const& avro_json_writer::resolve(json const& schema, std::string const& space) const
{
    if (!schema.is_string())
        return schema;
    auto const name = schema.get<std::string>();
    if (auto const found = named_.find(full_name(name, space)); found != named_.end())
        return *found->second;
    auto const found = named_.find(name);
    return found == named_.end() ? schema : *found->second;
}

void avro_json_writer::write(json const& value, json const& unresolved, std::string const& space,
                             std::string const& place, std::string& out) const
{
    auto const& schema = resolve(unresolved, space);
    auto const type = type_of(schema);
    if (type.empty())
        return write(value, schema.at("type"), space, place, out);
    if (type == "union")
        return write_union(value, schema, space, place, out);
    if (!write_primitive(value, schema, type, place, out))
        write_named(value, schema, type, space, place, out);
}

void avro_json_writer::write_named(json const& value, json const& schema, std::string const& type,
                                   std::string const& space, std::string const& place, std::string& out) const
{
    if (type == "record" || type == "error")
        return write_record(value, schema, space_of(schema, space), place, out);
    if (type == "fixed")
        return write_bytes(value, schema.at("size").get<std::size_t>(), place, out);
    if (type == "enum")
    {
        auto const& symbols = schema.at("symbols");
        auto const found = std::find(symbols.begin(), symbols.end(), value);
        if (found == symbols.end())
            fail(place, "one of " + symbols.dump(), value);
        return write_long(found - symbols.begin(), out);
    }
    if ((type == "array" && !value.is_array()) || (type == "map" && !value.is_object()))
        fail(place, type == "array" ? "an array" : "an object", value);
    if (type != "array" && type != "map")
        throw command_failed{"Avro: the schema has the type \"" + type + "\", which it does not define"};
    if (!value.empty())
        write_long(static_cast<std::int64_t>(value.size()), out);
    for (auto const& [key, item] : value.items())
    {
        if (type == "map")
        {
            write_long(static_cast<std::int64_t>(key.size()), out);
            out += key;
        }
        write(item, schema.at(type == "map" ? "values" : "items"), space, place + '/' + key, out);
    }
    write_long(0, out);
}

void avro_json_writer::write_record(json const& value, json const& schema, std::string const& space,
                                    std::string const& place, std::string& out) const
{
    if (!value.is_object())
        fail(place, "an object, for record " + schema.at("name").get<std::string>(), value);
    for (auto const& field : schema.at("fields"))
    {
        auto const name = field.at("name").get<std::string>();
        auto const found = value.find(name);
        auto const given = found != value.end();
        if (!given && !field.contains("default"))
            fail(place, "the field \"" + name + "\", which has no default", value);
        write(given ? *found : field.at("default"), field.at("type"), space, place + '/' + name, out);
    }
}

void avro_json_writer::write_union(json const& value, json const& branches, std::string const& space,
                                   std::string const& place, std::string& out) const
{
    auto const write_branch = [&](std::size_t number, json const& what)
    {
        auto bytes = std::string{};
        write_long(static_cast<std::int64_t>(number), bytes);
        write(what, branches[number], space, place, bytes);
        out += bytes;
    };
    for (std::size_t number = 0; number < branches.size(); ++number)
    {
        auto const& branch = resolve(branches[number], space);
        auto const name =
            branch.is_object() && branch.contains("name") ? branch.at("name").get<std::string>() : type_of(branch);
        if (value.is_object() && value.size() == 1 &&
            (value.contains(name) || value.contains(full_name(name, space))) &&
            !(branch.is_object() && type_of(branch) == "map"))
            return write_branch(number, value.begin().value());
    }
    for (std::size_t number = 0; number < branches.size(); ++number)
        try
        {
            return write_branch(number, value);
        }
        catch (command_failed const&)
        {
            // The next one may hold it.
            continue;
        }
    fail(place, "what one of the union's branches can hold: " + branches.dump().substr(0, 200), value);
}

} // namespace paperboy::cli

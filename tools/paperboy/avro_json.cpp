#include "avro_json.hpp"

#include "avro_logical.hpp"
#include "codec.hpp"
#include "command.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace paperboy::cli
{
namespace
{

using std::string_view_literals::operator""sv;

// A value of a union that more than one branch can hold.
class ambiguous_value : public command_failed
{
public:
    using command_failed::command_failed;
};

void require(bool holds, std::string const& place, std::string_view expected, json const& found)
{
    if (!holds)
        fail_avro(place, expected, found);
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

void write_integer(json const& value, bool is_int, std::string const& place, std::string& out)
{
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()))
        fail_avro(place, is_int ? "a whole number" : "a whole number of 64 bits", value);
    auto const number = value.get<std::int64_t>();
    if (is_int &&
        (number < std::numeric_limits<std::int32_t>::min() || number > std::numeric_limits<std::int32_t>::max()))
        fail_avro(place, "a whole number of 32 bits", value);
    write_avro_long(number, out);
}

// Also the texts that stand for what JSON has no number for.
std::optional<double> number_from(json const& value)
{
    using limits = std::numeric_limits<double>;
    if (value.is_number())
        return value.get<double>();
    for (auto const& [text, number] : {std::pair{"NaN"sv, limits::quiet_NaN()},
                                       {"Infinity"sv, limits::infinity()},
                                       {"-Infinity"sv, -limits::infinity()}})
        if (value == text)
            return number;
    return std::nullopt;
}

// Whether so many binary digits hold the whole number as it is.
bool is_held_by(int digits, json const& whole)
{
    auto const is_negative = !whole.is_number_unsigned() && whole.get<std::int64_t>() < 0;
    auto const bits = whole.get<std::uint64_t>();
    auto const size = is_negative ? 0U - bits : bits;
    return static_cast<int>(std::bit_width(size)) - std::countr_zero(size) <= digits;
}

void write_floating(json const& value, bool is_float, std::string const& place, std::string& out)
{
    auto const number = number_from(value);
    if (!number)
        fail_avro(place, "a number", value);
    if (value.is_number_integer() &&
        !is_held_by(is_float ? std::numeric_limits<float>::digits : std::numeric_limits<double>::digits, value))
        fail_avro(place, is_float ? "a whole number that a float can hold" : "a whole number that a double can hold",
                  value);
    if (!is_float)
        return write_little_endian(std::bit_cast<std::uint64_t>(*number), out);
    if (std::isfinite(*number) && std::abs(*number) > static_cast<double>(std::numeric_limits<float>::max()))
        fail_avro(place, "a number within the range of a float", value);
    write_little_endian(std::bit_cast<std::uint32_t>(static_cast<float>(*number)), out);
}

void write_bytes(json const& value, std::optional<std::size_t> size, std::string const& place, std::string& out)
{
    auto const bytes = value.is_string() ? bytes_from(value.get_ref<std::string const&>()) : std::nullopt;
    if (!bytes || (size && bytes->size() != *size))
        fail_avro(place,
                  size ? "a text of " + std::to_string(*size) + " characters up to U+00FF"
                       : "a text of characters up to U+00FF",
                  value);
    if (!size)
        write_avro_long(static_cast<std::int64_t>(bytes->size()), out);
    out += *bytes;
}

// Whether it was one of the types without a name.
bool write_primitive(json const& value, std::string const& type, std::string const& place, std::string& out)
{
    if (type == "null")
        require(value.is_null(), place, type, value);
    else if (type == "boolean")
    {
        require(value.is_boolean(), place, "true or false", value);
        out += static_cast<char>(value.get<bool>());
    }
    else if (type == "int" || type == "long")
        write_integer(value, type == "int", place, out);
    else if (type == "float" || type == "double")
        write_floating(value, type == "float", place, out);
    else if (type == "bytes")
        write_bytes(value, std::nullopt, place, out);
    else if (type == "string")
    {
        require(value.is_string(), place, "a text", value);
        write_avro_long(static_cast<std::int64_t>(value.get_ref<std::string const&>().size()), out);
        out += value.get_ref<std::string const&>();
    }
    else
        return false;
    return true;
}

std::string name_of(json const& branch)
{
    return branch.is_object() ? branch.value("name", type_of(branch)) : type_of(branch);
}

// Whether it is {"BRANCH": value}.
bool names(json const& value, json const& branch, std::string const& space)
{
    if (!value.is_object() || value.size() != 1)
        return false;
    auto const name = name_of(branch);
    return value.contains(name) || value.contains(full_name(name, space)) ||
           (branch.is_object() && value.contains(full_name(name, space_of(branch, space))));
}

// Whole numbers rather belong into whole types, and others where they are exact. Nothing for other types.
std::optional<int> rank_as_number(json const& value, json const& branch)
{
    auto const type = type_of(branch);
    auto const is_whole = type == "int" || type == "long";
    if ((!is_whole && type != "float" && type != "double") || (branch.is_object() && branch.contains("logicalType")))
        return std::nullopt;
    auto const number = number_from(value).value_or(0);
    auto const is_exact = type != "float" || std::isnan(number) || std::isinf(number) ||
                          static_cast<double>(static_cast<float>(number)) == number;
    return (value.is_number_integer() == is_whole ? 0 : 2) + (is_exact ? 0 : 1);
}

} // namespace

avro_json_writer::avro_json_writer(std::string_view schema)
{
    try
    {
        schema_ = parse_json(schema);
        collect(schema_, {});
    }
    catch (std::exception const& error)
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
    write(value, schema_, {}, out);
}

// A name, or an object whose type is one, stands for what has it.
json const& avro_json_writer::resolve(json const& schema, std::string const& space) const
{
    auto const type = schema.is_object() ? schema.find("type") : schema.end();
    auto const& named = type != schema.end() && type->is_string() ? *type : schema;
    if (!named.is_string())
        return schema;
    auto const& name = named.get_ref<std::string const&>();
    if (auto const found = named_.find(full_name(name, space)); found != named_.end())
        return *found->second;
    auto const found = named_.find(name);
    return found == named_.end() ? schema : *found->second;
}

void avro_json_writer::write(json const& value, json const& unresolved, spot const& where, std::string& out) const
{
    auto const& schema = resolve(unresolved, where.space);
    auto const type = type_of(schema);
    if (type.empty())
        return write(value, schema.at("type"), where, out);
    if (type == "union")
        return write_union(value, schema, where, out);
    if ((where.in_default || !write_avro_logical(value, schema, type, where.place, out)) &&
        !write_primitive(value, type, where.place, out))
        write_named(value, schema, type, where, out);
}

void avro_json_writer::write_named(json const& value, json const& schema, std::string const& type, spot const& where,
                                   std::string& out) const
{
    if (type == "record" || type == "error")
        return write_record(value, schema, {space_of(schema, where.space), where.place, where.in_default}, out);
    if (type == "fixed")
        return write_bytes(value, schema.at("size").get<std::size_t>(), where.place, out);
    if (type == "array" || type == "map")
        return write_items(value, schema, type, where, out);
    if (type != "enum")
        throw command_failed{"Avro: the schema has the type \"" + type + "\", which it does not define"};
    auto const& symbols = schema.at("symbols");
    auto const found = std::ranges::find(symbols, value);
    if (found == symbols.end())
        fail_avro(where.place, "one of " + symbols.dump(), value);
    write_avro_long(found - symbols.begin(), out);
}

void avro_json_writer::write_items(json const& value, json const& schema, std::string const& type, spot const& where,
                                   std::string& out) const
{
    auto const is_map = type == "map";
    require(is_map ? value.is_object() : value.is_array(), where.place, is_map ? "an object" : "an array", value);
    if (!value.empty())
        write_avro_long(static_cast<std::int64_t>(value.size()), out);
    for (auto const& [key, item] : value.items())
    {
        if (is_map)
        {
            write_avro_long(static_cast<std::int64_t>(key.size()), out);
            out += key;
        }
        write(item, schema.at(is_map ? "values" : "items"), where.at(key), out);
    }
    write_avro_long(0, out);
}

void avro_json_writer::write_record(json const& value, json const& schema, spot const& where, std::string& out) const
{
    auto const in_words = [&] { return "record " + schema.at("name").get<std::string>(); };
    if (!value.is_object())
        fail_avro(where.place, "an object, for " + in_words(), value);
    auto used = std::size_t{0};
    for (auto const& field : schema.at("fields"))
    {
        auto const& name = field.at("name").get_ref<std::string const&>();
        auto const found = value.find(name);
        auto const given = found != value.end();
        used += given ? 1 : 0;
        if (!given && !field.contains("default"))
            fail_avro(where.place, "the field \"" + name + "\", which has no default", value);
        auto inner = where.at(name);
        inner.in_default = where.in_default || !given;
        write(given ? *found : field.at("default"), field.at("type"), inner, out);
    }
    if (used == value.size())
        return;
    for (auto const& [name, item] : value.items())
        if (std::ranges::none_of(schema.at("fields"), [&](json const& field) { return field.at("name") == name; }))
            fail_avro(where.at(name).place, "nothing, since " + in_words() + " has no such field", item);
}

void avro_json_writer::write_union(json const& value, json const& branches, spot const& where, std::string& out) const
{
    auto const is_null = [](json const& branch) { return type_of(branch) == "null"; };
    if (!value.is_null() && branches.size() - static_cast<std::size_t>(std::ranges::count_if(branches, is_null)) == 1)
    {
        // Its own complaint says more than that it cannot hold the value.
        auto const number = std::ranges::find_if_not(branches, is_null) - branches.begin();
        auto const& branch = branches[static_cast<std::size_t>(number)];
        if (!names(value, resolve(branch, where.space), where.space))
        {
            write_avro_long(number, out);
            return write(value, branch, where, out);
        }
    }
    auto const all = candidates_for(value, branches, where);
    if (all.empty())
        fail_avro(where.place, "what one of the union's branches can hold: " + branches.dump().substr(0, 200), value);
    out += where.in_default ? all.front().bytes : chosen_of(all, value, where).bytes;
}

std::vector<avro_json_writer::candidate> avro_json_writer::candidates_for(json const& value, json const& branches,
                                                                          spot const& where) const
{
    auto all = std::vector<candidate>{};
    for (std::size_t number = 0; number < branches.size(); ++number)
    {
        auto const& branch = resolve(branches[number], where.space);
        auto prefix = std::string{};
        write_avro_long(static_cast<std::int64_t>(number), prefix);
        if (auto const bytes = attempt(value, branches[number], where))
            all.push_back({name_of(branch), rank_as_number(value, branch), prefix + *bytes});
        if (!names(value, branch, where.space))
            continue;
        if (auto const bytes = attempt(value.begin().value(), branches[number], where))
            all.push_back({name_of(branch), std::nullopt, prefix + *bytes});
    }
    return all;
}

std::optional<std::string> avro_json_writer::attempt(json const& value, json const& branch, spot const& where) const
try
{
    auto bytes = std::string{};
    write(value, branch, where, bytes);
    return bytes;
}
catch (ambiguous_value const&)
{
    throw;
}
catch (command_failed const&)
{
    return std::nullopt;
}

avro_json_writer::candidate const& avro_json_writer::chosen_of(std::vector<candidate> const& all, json const& value,
                                                               spot const& where)
{
    auto const best = std::ranges::min_element(all, {}, [](candidate const& each) { return each.rank.value_or(-1); });
    if (all.size() == 1 || best->rank)
        return *best;
    auto branches = std::string{};
    for (auto const& each : all)
        branches += (branches.empty() ? "" : ", ") + each.branch;
    throw ambiguous_value{"Avro: " + (where.place.empty() ? "the value" : where.place) + ": " +
                          value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60) +
                          " can be several branches of the union: " + branches + "; name one, as {\"" +
                          all.front().branch + "\": …}"};
}

} // namespace paperboy::cli

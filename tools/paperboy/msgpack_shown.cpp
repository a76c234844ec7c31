#include "msgpack_shown.hpp"

#include "codec.hpp"
#include "command.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace paperboy::cli
{
namespace
{

bool has_only(json const& object, std::string const& name, json::value_t type)
{
    return object.size() == 1 && object.begin().key() == name && object.begin()->type() == type;
}

bool is_bytes(json const& object)
{
    return has_only(object, "base64", json::value_t::string);
}

bool is_extension(json const& object)
{
    return object.size() == 2 && object.contains("base64") && object["base64"].is_string() &&
           object.contains("extension");
}

bool is_floating(json const& object)
{
    return has_only(object, "float", json::value_t::string);
}

bool is_map(json const& object)
{
    return has_only(object, "map", json::value_t::object);
}

json object_of(std::string const& name, json value)
{
    auto object = json::object();
    object[name] = std::move(value);
    return object;
}

json show_bytes(json::binary_t const& bytes)
{
    auto shown =
        object_of("base64", to_base64(std::string_view{reinterpret_cast<char const*>(bytes.data()), bytes.size()}));
    if (bytes.has_subtype())
        shown["extension"] = static_cast<std::int8_t>(bytes.subtype());
    return shown;
}

json show_floating(double value)
{
    if (std::isfinite(value))
        return value;
    return object_of("float", std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

json read_bytes(json const& shown)
{
    auto const text = from_base64(shown["base64"].get_ref<std::string const&>());
    auto const bytes = json::binary_t::container_type{text.begin(), text.end()};
    auto const type = shown.find("extension");
    if (type == shown.end())
        return json::binary(bytes);
    using limits = std::numeric_limits<std::int8_t>;
    if (!type->is_number_integer() || *type < limits::min() || *type > limits::max())
        throw command_failed{"MessagePack: an extension's type is a whole number from -128 to 127, not " +
                             type->dump()};
    return json::binary(bytes, static_cast<json::binary_t::subtype_type>(type->get<std::int8_t>()));
}

json read_floating(json const& shown)
{
    using limits = std::numeric_limits<double>;
    auto const& text = shown["float"].get_ref<std::string const&>();
    if (text == "NaN")
        return limits::quiet_NaN();
    if (text == "Infinity" || text == "-Infinity")
        return text.front() == '-' ? -limits::infinity() : limits::infinity();
    throw command_failed{"MessagePack: {\"float\": \"" + text + "\"} is none of \"NaN\", \"Infinity\", \"-Infinity\""};
}

// ordered_json looks through all its members for each that is added by name.
template <class Each>
json with_each_member(json const& object, Each each)
{
    auto made = json::object();
    auto& members = made.get_ref<json::object_t&>();
    for (auto const& [name, value] : object.items())
        members.emplace_back(name, each(value));
    return made;
}

template <class Each>
json with_each_item(json const& array, Each each)
{
    auto made = json::array();
    for (auto const& item : array)
        made.push_back(each(item));
    return made;
}

} // namespace

json show_msgpack(json const& value)
{
    if (value.is_binary())
        return show_bytes(value.get_binary());
    if (value.is_number_float())
        return show_floating(value.get<double>());
    if (value.is_array())
        return with_each_item(value, show_msgpack);
    if (!value.is_object())
        return value;
    auto shown = with_each_member(value, show_msgpack);
    if (is_bytes(shown) || is_extension(shown) || is_floating(shown) || is_map(shown))
        return object_of("map", std::move(shown));
    return shown;
}

json read_msgpack(json const& shown)
{
    if (shown.is_array())
        return with_each_item(shown, read_msgpack);
    if (!shown.is_object())
        return shown;
    if (is_bytes(shown) || is_extension(shown))
        return read_bytes(shown);
    if (is_floating(shown))
        return read_floating(shown);
    return with_each_member(is_map(shown) ? *shown.begin() : shown, read_msgpack);
}

} // namespace paperboy::cli

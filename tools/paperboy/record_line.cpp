#include "record_line.hpp"

#include "command.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <limits>

namespace paperboy::cli
{
namespace
{

// What `consume --json` writes, and what kcat's -J does beside that.
constexpr auto known_fields = std::array<std::string_view, 11>{"topic",   "partition",     "offset",         "ts",
                                                               "headers", "key",           "payload",        "tstype",
                                                               "broker",  "key_schema_id", "value_schema_id"};

void require_known_fields(json const& line)
{
    if (!line.is_object())
        throw command_failed{"a record is a JSON object, as `consume --json` writes them, not " + line.dump()};
    for (auto const& [name, value] : line.items())
        if (std::ranges::find(known_fields, name) == known_fields.end())
            throw command_failed{name + ": a record has no such field; there are payload, key, headers and ts, and "
                                        "topic, partition and offset, which do not matter"};
    if (!line.contains("payload"))
        throw command_failed{"payload: it is missing; write null for a tombstone"};
}

// Whatever the use throws, with the field's name.
template <class Use>
auto in_field(std::string const& name, Use use)
{
    try
    {
        return use();
    }
    catch (std::exception const& error)
    {
        throw command_failed{name + ": " + error.what()};
    }
}

optional_bytes encoded(json const& line, std::string const& name, codec& by)
{
    auto const found = line.find(name);
    if (found == line.end() || found->is_null())
        return std::nullopt;
    return in_field(name, [&] { return by.encode_json(*found); });
}

timestamp time_of(json const& ts)
{
    constexpr auto latest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!ts.is_number_unsigned() || ts.get<std::uint64_t>() > latest)
        throw command_failed{"ts: expected milliseconds since 1970, a whole number of 64 bits that is not negative, "
                             "found " +
                             ts.dump()};
    return timestamp{std::chrono::milliseconds{ts.get<std::int64_t>()}};
}

std::string header_name(json const& name)
{
    auto bytes = bytes_of(name);
    if (!bytes)
        throw command_failed{"a name is a text, not " + name.dump()};
    return *std::move(bytes);
}

optional_bytes header_value(json const& value)
{
    auto bytes = bytes_of(value);
    if (!bytes && !value.is_null())
        throw command_failed{"a value is a text, {\"base64\": …} or null, not " + value.dump()};
    return bytes;
}

header_list headers_of(json const& headers)
{
    if (!headers.is_array() || headers.size() % 2 != 0)
        throw command_failed{"expected an array of names, each with its value behind it, found " + headers.dump()};
    auto all = header_list{};
    for (std::size_t i = 0; i < headers.size(); i += 2)
        all.emplace_back(header_name(headers[i]), header_value(headers[i + 1]));
    return all;
}

} // namespace

draft draft_of_line(std::string_view text, record_codecs const& codecs)
{
    auto const line = parse_json(text);
    require_known_fields(line);
    auto what = draft{};
    what.key = encoded(line, "key", *codecs.key);
    what.value = encoded(line, "payload", *codecs.value);
    if (auto const found = line.find("ts"); found != line.end())
        what.time = time_of(*found);
    if (auto const found = line.find("headers"); found != line.end())
        what.headers = in_field("headers", [&] { return headers_of(*found); });
    return what;
}

} // namespace paperboy::cli

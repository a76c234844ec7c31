#pragma once

#include <paperboy/msgpack.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>

// The only header that needs nlohmann-json (Debian: nlohmann-json3-dev); the library itself does not.
namespace paperboy
{

namespace detail
{

// nlohmann::json and nlohmann::ordered_json.
template <class Json>
struct msgpack_of_json
{
    using binary = typename Json::binary_t;

    static void read(msgpack_reader& from, Json& out)
    {
        switch (from.kind())
        {
        case msgpack_kind::null:
            static_cast<void>(from.null());
            out = nullptr;
            return;
        case msgpack_kind::boolean:
            out = from.boolean();
            return;
        case msgpack_kind::integer:
            if (from.negative())
                out = from.integer(std::numeric_limits<std::int64_t>::min(), 0);
            else
                out = from.integer(std::numeric_limits<std::uint64_t>::max());
            return;
        case msgpack_kind::floating:
            out = from.number();
            return;
        case msgpack_kind::text:
            out = from.text();
            return;
        case msgpack_kind::bytes:
            out = Json::binary(copied(from.bytes()));
            return;
        case msgpack_kind::array:
            return read_array(from, out);
        case msgpack_kind::map:
            return read_map(from, out);
        case msgpack_kind::extension:
        {
            auto const found = from.extension();
            out = Json::binary(copied(found.data), static_cast<typename binary::subtype_type>(found.type));
            return;
        }
        case msgpack_kind::unused:
            break;
        }
        from.fail("a value");
    }

    static void write(Json const& value, std::string& out)
    {
        using kind = nlohmann::detail::value_t;
        switch (value.type())
        {
        case kind::null:
            return write_msgpack_null(out);
        case kind::boolean:
            return write_msgpack(value.template get_ref<bool const&>(), out);
        case kind::number_integer:
            return write_msgpack(value.template get<std::int64_t>(), out);
        case kind::number_unsigned:
            return write_msgpack(value.template get<std::uint64_t>(), out);
        case kind::number_float:
            return write_msgpack(value.template get<double>(), out);
        case kind::string:
            return write_msgpack_text(value.template get_ref<std::string const&>(), out);
        case kind::binary:
            return write_binary(value.get_binary(), out);
        case kind::array:
            write_msgpack_array_size(value.size(), out);
            for (auto const& each : value)
                write(each, out);
            return;
        case kind::object:
            write_msgpack_map_size(value.size(), out);
            for (auto const& each : value.items())
            {
                write_msgpack_text(each.key(), out);
                write(each.value(), out);
            }
            return;
        case kind::discarded:
            break;
        }
        throw encode_error{"MessagePack: expected a value, found a discarded nlohmann::json"};
    }

private:
    static typename binary::container_type copied(bytes_view from)
    {
        auto const* const data = reinterpret_cast<std::uint8_t const*>(from.data());
        return {data, data + from.size()};
    }

    static void read_array(msgpack_reader& from, Json& out)
    {
        out = Json::array();
        from.array([&](std::size_t) { read(from, out.emplace_back()); });
    }

    static void read_map(msgpack_reader& from, Json& out)
    {
        out = Json::object();
        auto& members = out.template get_ref<typename Json::object_t&>();
        auto keys = std::set<std::string_view>{};
        from.map(
            [&]
            {
                if (from.kind() != msgpack_kind::text)
                    from.fail("a text as the key, since nlohmann::json has no others; read the map into a std::map");
                read(from, added(members, keys, from));
            });
    }

    // ordered_json looks through all its members for each that is added, which takes minutes for a record full of keys.
    static Json& added(typename Json::object_t& members, std::set<std::string_view>& keys, msgpack_reader& from)
    {
        auto const key = from.text();
        if constexpr (requires { members.emplace_back(std::string{}, nullptr); })
        {
            if (!keys.insert(key).second)
                from.fail_twice();
            return members.emplace_back(std::string{key}, nullptr).second;
        }
        else
        {
            auto const [place, is_new] = members.emplace(std::string{key}, nullptr);
            if (!is_new)
                from.fail_twice();
            return place->second;
        }
    }

    static void write_binary(binary const& value, std::string& out)
    {
        auto const data = std::as_bytes(std::span{value.data(), value.size()});
        if (value.has_subtype())
            write_msgpack_extension({static_cast<std::int8_t>(value.subtype()), data}, out);
        else
            write_msgpack_bytes(data, out);
    }
};

} // namespace detail

/// Values of which nothing is known, by `msgpack<nlohmann::json>`: null, booleans, numbers, texts, arrays and maps as
/// they are; bytes as `binary`, extensions as `binary` with a subtype. A map whose keys are not all texts is an error:
/// nlohmann-json cannot hold it, a `std::map<std::int64_t, nlohmann::json>` can. Maps are written in the order of their
/// keys; with `nlohmann::ordered_json` in that in which they were filled, as Python does.
///
/// Nesting, sizes and texts are checked as for all types, so hostile input ends in the same errors.
template <>
struct msgpack_codec<nlohmann::json> : detail::msgpack_of_json<nlohmann::json>
{
};

/// The same, but for the order of keys.
template <>
struct msgpack_codec<nlohmann::ordered_json> : detail::msgpack_of_json<nlohmann::ordered_json>
{
};

} // namespace paperboy

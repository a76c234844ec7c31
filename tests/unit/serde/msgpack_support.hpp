#pragma once

#include "unit/serde/json_support.hpp"

#include <paperboy/msgpack.hpp>
#include <paperboy/msgpack_json.hpp>

#include <boost/uuid/uuid.hpp>

#include <array>

// What the tests of MessagePack read beyond what those of JSON do, and how.
namespace paperboy::test
{

// What JSON has no kind for.
struct binaries
{
    std::vector<std::byte> copied;
    std::span<std::byte const> borrowed;
    std::array<std::byte, 3> fixed{};
    boost::uuids::uuid id{};
    std::map<std::int32_t, std::string> by_number;
    std::chrono::sys_time<std::chrono::nanoseconds> at;
    std::optional<std::variant<std::int64_t, std::chrono::sys_seconds, std::vector<std::byte>>> any;
};
BOOST_DESCRIBE_STRUCT(binaries, (), (copied, borrowed, fixed, id, by_number, at, any))

// Bytes from hexadecimal digits; anything else between them is passed over.
inline std::string hex(std::string_view digits)
{
    auto out = std::string{};
    auto high = -1;
    for (auto const c : digits)
    {
        auto const digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            continue;
        if (high < 0)
        {
            high = digit;
            continue;
        }
        out.push_back(static_cast<char>(high * 16 + digit));
        high = -1;
    }
    return out;
}

inline std::string to_hex(std::string_view data)
{
    auto out = std::string{};
    for (auto const c : data)
        for (auto const digit : {static_cast<unsigned char>(c) >> 4U, c & 15})
            out.push_back("0123456789abcdef"[digit]);
    return out;
}

template <class T>
T unpacked(std::string_view data, msgpack_options const& options = {})
{
    auto serde = msgpack<T>{options};
    auto out = T{};
    serde.decode(bytes_of(data), out);
    return out;
}

template <class T>
std::string packed(T const& value)
{
    auto out = std::string{};
    msgpack<T>{}.encode(value, out);
    return out;
}

// By nlohmann-json, from JSON: an independent writer.
inline std::string packed_json(std::string_view text)
{
    auto const bytes = nlohmann::json::to_msgpack(nlohmann::json::parse(text));
    return {bytes.begin(), bytes.end()};
}

// What decoding throws; "nothing" if it does not.
template <class T>
std::string unpacking_error(std::string_view data, msgpack_options const& options = {})
{
    try
    {
        static_cast<void>(unpacked<T>(data, options));
    }
    catch (decode_error const& error)
    {
        return error.what();
    }
    return "nothing";
}

} // namespace paperboy::test

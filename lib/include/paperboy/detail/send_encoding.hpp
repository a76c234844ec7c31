#pragma once

#include <paperboy/serde.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace paperboy::detail
{

// A serializer that several strands may use at once.
template <class S>
concept concurrent_serializer =
    requires(S const& serde, typename S::value_type const& value, std::string& out) { serde.encode(value, out); };

template <class X>
struct can_be_null : std::false_type
{
};
template <class X>
struct can_be_null<std::optional<X>> : std::true_type
{
};

// What may stand for a key or value of type T: one, or null.
template <class X, class T>
concept encodable = std::same_as<X, std::nullopt_t> || std::convertible_to<X const&, T const&> ||
                    (can_be_null<X>::value && std::convertible_to<decltype(*std::declval<X const&>()), T const&>);

// Room for one record's encoded key and value: kept per thread, so that sending allocates nothing for it. No encode
// runs inside another's, and nothing is awaited in between.
class send_scratch
{
public:
    send_scratch()
    {
        key().clear();
        value().clear();
    }

    static std::string& key()
    {
        thread_local auto bytes = std::string{};
        return bytes;
    }
    static std::string& value()
    {
        thread_local auto bytes = std::string{};
        return bytes;
    }
};

// The bytes of a value; text and bytes are borrowed from the caller, the rest is in `scratch`.
template <class Serde>
std::string_view encode_value(Serde const& serde, typename Serde::value_type const& value, std::string& scratch)
{
    if constexpr (std::is_same_v<Serde, text>)
        return value;
    else if constexpr (std::is_same_v<Serde, bytes>)
        return {reinterpret_cast<char const*>(value.data()), value.size()};
    else
    {
        serde.encode(value, scratch);
        return scratch;
    }
}

template <class Serde, class X>
std::optional<std::string_view> encode_nullable(Serde const& serde, X const& value, std::string& scratch)
{
    if constexpr (std::is_same_v<X, std::nullopt_t>)
        return std::nullopt;
    else if constexpr (std::is_convertible_v<X const&, typename Serde::value_type const&>)
        return encode_value(serde, value, scratch);
    else
        return value ? std::optional{encode_value(serde, *value, scratch)} : std::nullopt;
}

} // namespace paperboy::detail

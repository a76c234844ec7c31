#pragma once

#include <paperboy/detail/record_decoder.hpp>
#include <paperboy/detail/send_encoding.hpp>
#include <paperboy/detail/table_setup.hpp>
#include <paperboy/msgpack.hpp>
#include <paperboy/serde.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace paperboy::detail
{

// What a table can keep a T with: it encodes T, and what it decodes becomes a T that owns itself.
template <class S, class T>
concept table_serde =
    deserializer<S> && concurrent_serializer<S> && std::convertible_to<T const&, typename S::value_type const&> &&
    std::constructible_from<T, typename S::value_type>;

// The serdes of one shard: decoding is for one thread at a time.
template <class KeySerde, class ValueSerde>
struct table_serdes
{
    table_serdes(KeySerde of_keys, ValueSerde of_values) : key{std::move(of_keys)}, value{std::move(of_values)} {}

    KeySerde key;
    ValueSerde value;
};

// Whether all that a pair of serdes has to decode of an entry is there.
template <class KeySerde, class ValueSerde>
bool entry_ready(void* serdes, [[maybe_unused]] std::string_view key,
                 [[maybe_unused]] std::optional<std::string_view> value) noexcept
{
    [[maybe_unused]] auto& of = *static_cast<table_serdes<KeySerde, ValueSerde>*>(serdes);
    if constexpr (prepares_itself<KeySerde>)
        if (!of.key.ready(std::as_bytes(std::span{key})))
            return false;
    if constexpr (prepares_itself<ValueSerde>)
        return !value || of.value.ready(std::as_bytes(std::span{*value}));
    return true;
}

template <class KeySerde, class ValueSerde>
boost::asio::awaitable<void> prepare_entry(void* serdes, std::string_view key, std::optional<std::string_view> value)
{
    [[maybe_unused]] auto& of = *static_cast<table_serdes<KeySerde, ValueSerde>*>(serdes);
    if constexpr (prepares_itself<KeySerde>)
        co_await of.key.prepare(std::as_bytes(std::span{key}));
    if constexpr (prepares_itself<ValueSerde>)
        if (value)
            co_await of.value.prepare(std::as_bytes(std::span{*value}));
}

template <class KeySerde, class ValueSerde>
[[nodiscard]] constexpr table_preparation preparation_of() noexcept
{
    if constexpr (prepares_itself<KeySerde> || prepares_itself<ValueSerde>)
        return {&entry_ready<KeySerde, ValueSerde>, &prepare_entry<KeySerde, ValueSerde>};
    else
        return {};
}

// Whether a serde's bytes are in the order of its values, and begin as the values do.
template <class S>
inline constexpr bool keeps_order = false;
template <>
inline constexpr bool keeps_order<text> = true;
template <>
inline constexpr bool keeps_order<bytes> = true;

template <class S>
inline constexpr bool writes_text = false;
template <>
inline constexpr bool writes_text<msgpack<std::string>> = true;

// What may stand for a T in a table: a T, or what a text is made of.
template <class X, class T>
concept table_argument = std::convertible_to<X const&, T const&> ||
                         (std::same_as<T, std::string> && std::convertible_to<X const&, std::string_view>);

// The bytes of a key or value; texts are not copied into strings for it.
template <class Serde, class X>
std::string_view encode_for_table(Serde const& serde, X const& value, std::string& scratch)
{
    scratch.clear();
    if constexpr (writes_text<Serde> && std::convertible_to<X const&, std::string_view>)
    {
        write_msgpack(std::string_view{value}, scratch);
        return scratch;
    }
    else
        return encode_value(serde, value, scratch);
}

template <class Serde>
void decode_in_place(Serde& serde, std::string_view from, typename Serde::value_type& out)
{
    if constexpr (requires { serde.forget(); })
        serde.forget();
    serde.decode(std::as_bytes(std::span{from.data(), from.size()}), out);
}

template <class T, class Serde>
T decode_for_table(Serde& serde, std::string_view from)
{
    auto out = typename Serde::value_type{};
    decode_in_place(serde, from, out);
    if constexpr (std::same_as<T, typename Serde::value_type>)
        return out;
    else
        return T(std::move(out));
}

// The first text behind all that begin with `prefix`; empty where there is none.
[[nodiscard]] inline std::string end_of_prefix(std::string_view prefix)
{
    auto end = std::string{prefix};
    while (!end.empty() && end.back() == '\xff')
        end.pop_back();
    if (!end.empty())
        end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1U);
    return end;
}

// From and before which bytes keys lie; an empty end is no limit.
using key_range = std::pair<std::string, std::string>;

// Where texts that begin with `prefix` are among the keys of MessagePack, in ascending order: they begin with their
// length, so there is a range for each. Others may lie there, too.
[[nodiscard]] std::vector<key_range> msgpack_prefix_ranges(std::string_view prefix);

// The same for the keys of a serde.
template <class KeySerde>
[[nodiscard]] std::vector<key_range> prefix_ranges(std::string_view prefix)
{
    auto ranges = std::vector<key_range>{};
    if constexpr (keeps_order<KeySerde>)
        ranges.emplace_back(prefix, end_of_prefix(prefix));
    else if constexpr (writes_text<KeySerde>)
        ranges = msgpack_prefix_ranges(prefix);
    else
        ranges.emplace_back();
    return ranges;
}

// The bytes that Java's default partitioner would see of a record with this key: the text of texts, whatever the table
// writes them as.
template <class Serde, class X>
std::string_view partitioning_bytes(Serde const& serde, X const& key, std::string& scratch)
{
    if constexpr (std::convertible_to<X const&, std::string_view>)
        return key;
    else
        return encode_for_table(serde, key, scratch);
}

} // namespace paperboy::detail

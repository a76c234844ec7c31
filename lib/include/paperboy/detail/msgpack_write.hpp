#pragma once

#include <paperboy/detail/describe.hpp>
#include <paperboy/detail/msgpack_read.hpp>
#include <paperboy/detail/timestamp_text.hpp>

#include <boost/uuid/uuid.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace paperboy
{

template <class T>
void write_msgpack(T const& value, std::string& out);

/// The parts of a value, for a `msgpack_codec` of your own: append what Python's `msgpack.packb` would. Texts that are
/// not UTF-8, and sizes of 4 GB and more, are `encode_error`s. The items of an array, and the keys and values of a map,
/// follow its size.
void write_msgpack_null(std::string& out);
void write_msgpack_text(std::string_view text, std::string& out);
void write_msgpack_bytes(bytes_view data, std::string& out);
void write_msgpack_array_size(std::size_t items, std::string& out);
void write_msgpack_map_size(std::size_t entries, std::string& out);
void write_msgpack_extension(msgpack_extension const& value, std::string& out);

namespace detail
{

template <class T>
concept msgpack_codec_writes = requires(T const& value, std::string& out) { msgpack_codec<T>::write(value, out); };

void write_msgpack_boolean(bool value, std::string& out);
void write_msgpack_integer(std::int64_t value, std::string& out);
void write_msgpack_integer(std::uint64_t value, std::string& out);
void write_msgpack_double(double value, std::string& out);
void write_msgpack_time(precise_time time, std::string& out);
void write_msgpack_uuid(boost::uuids::uuid const& value, std::string& out);
void write_msgpack_enumerator(std::string_view name, std::int64_t value, std::string& out);

template <sequence_value T>
void write_msgpack_sequence(T const& value, std::string& out)
{
    write_msgpack_array_size(value.size(), out);
    for (typename T::const_reference each : value)
        write_msgpack(static_cast<typename T::value_type const&>(each), out);
}

template <msgpack_mapping T>
void write_msgpack_mapping(T const& value, std::string& out)
{
    write_msgpack_map_size(value.size(), out);
    for (auto const& [key, each] : value)
    {
        write_msgpack(key, out);
        write_msgpack(each, out);
    }
}

// Whether a member is written: optional ones are left out when they are empty.
template <class Member, class T>
bool is_present(Member, T const& object)
{
    if constexpr (Member::optional)
        return Member::of(object).has_value();
    else
        return true;
}

template <described_struct T>
void write_msgpack_struct(T const& value, std::string& out)
{
    auto present = std::size_t{0};
    for_each_member<T>([&](auto member) { present += is_present(member, value) ? 1U : 0U; });
    write_msgpack_map_size(present, out);
    for_each_member<T>(
        [&](auto member)
        {
            if (!is_present(member, value))
                return;
            write_msgpack_text(member.name, out);
            write_msgpack(member.of(value), out);
        });
}

template <class T>
void write_msgpack_scalar(T const& value, std::string& out)
{
    if constexpr (std::same_as<T, bool>)
        write_msgpack_boolean(value, out);
    else if constexpr (text_value<T>)
        write_msgpack_text(value, out);
    else if constexpr (bytes_value<T> || is_byte_block<T>)
        write_msgpack_bytes(std::span{value}, out);
    else if constexpr (integer_value<T> && std::signed_integral<T>)
        write_msgpack_integer(std::int64_t{value}, out);
    else if constexpr (integer_value<T>)
        write_msgpack_integer(std::uint64_t{value}, out);
    else if constexpr (floating_value<T>)
        write_msgpack_double(double{value}, out);
    else if constexpr (timestamp_value<T>)
        write_msgpack_time(to_precise(value), out);
    else if constexpr (std::same_as<T, boost::uuids::uuid>)
        write_msgpack_uuid(value, out);
    else if constexpr (std::same_as<T, msgpack_extension>)
        write_msgpack_extension(value, out);
    else if constexpr (described_enum<T>)
        write_msgpack_enumerator(enumerator_name(value), static_cast<std::int64_t>(value), out);
    else
        static_assert(no_msgpack<T>, "paperboy: this type cannot be written as MessagePack; describe it with "
                                     "BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM, or specialise "
                                     "paperboy::msgpack_codec for it");
}

} // namespace detail

/// Appends `value` as MessagePack, as `msgpack<T>::encode` does.
template <class T>
void write_msgpack(T const& value, std::string& out)
{
    if constexpr (detail::msgpack_codec_writes<T>)
        msgpack_codec<T>::write(value, out);
    else if constexpr (std::same_as<T, std::monostate>)
        write_msgpack_null(out);
    else if constexpr (detail::optional_value<T>)
    {
        if (value)
            write_msgpack(*value, out);
        else
            write_msgpack_null(out);
    }
    else if constexpr (detail::variant_value<T>)
        std::visit([&](auto const& each) { write_msgpack(each, out); }, value);
    else if constexpr (detail::msgpack_mapping<T>)
        detail::write_msgpack_mapping(value, out);
    else if constexpr (detail::sequence_value<T>)
        detail::write_msgpack_sequence(value, out);
    else if constexpr (detail::described_struct<T>)
        detail::write_msgpack_struct(value, out);
    else
        detail::write_msgpack_scalar(value, out);
}

} // namespace paperboy

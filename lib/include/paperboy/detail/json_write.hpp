#pragma once

#include <paperboy/detail/describe.hpp>
#include <paperboy/detail/json_read.hpp>
#include <paperboy/detail/timestamp_text.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace paperboy
{

template <class T>
void write_json(T const& value, std::string& out);

namespace detail
{

template <class T>
concept json_codec_writes = requires(T const& value, std::string& out) { json_codec<T>::write(value, out); };

void write_json_text(std::string_view text, std::string& out);
void write_json_integer(std::int64_t value, std::string& out);
void write_json_integer(std::uint64_t value, std::string& out);
void write_json_floating(float value, std::string& out);
void write_json_floating(double value, std::string& out);
void write_json_time(precise_time time, int digits, std::string& out);
[[noreturn]] void throw_nameless_enumerator(std::int64_t value);

template <sequence_value T>
void write_json_sequence(T const& value, std::string& out)
{
    out.push_back('[');
    auto separator = std::string_view{};
    for (typename T::const_reference each : value)
    {
        out.append(separator);
        write_json(static_cast<typename T::value_type const&>(each), out);
        separator = ",";
    }
    out.push_back(']');
}

template <mapping_value T>
void write_json_mapping(T const& value, std::string& out)
{
    out.push_back('{');
    auto separator = std::string_view{};
    for (auto const& [key, each] : value)
    {
        out.append(separator);
        write_json_text(key, out);
        out.push_back(':');
        write_json(each, out);
        separator = ",";
    }
    out.push_back('}');
}

template <described_struct T>
void write_json_struct(T const& value, std::string& out)
{
    out.push_back('{');
    auto separator = std::string_view{};
    for_each_member<T>(
        [&](auto member)
        {
            auto const& field = member.of(value);
            if constexpr (decltype(member)::optional)
                if (!field)
                    return;
            out.append(separator);
            write_json_text(member.name, out);
            out.push_back(':');
            write_json(field, out);
            separator = ",";
        });
    out.push_back('}');
}

template <described_enum T>
void write_json_enum(T value, std::string& out)
{
    auto const name = enumerator_name(value);
    if (name.empty())
        throw_nameless_enumerator(static_cast<std::int64_t>(value));
    write_json_text(name, out);
}

template <integer_value T>
void write_json_whole(T value, std::string& out)
{
    if constexpr (std::signed_integral<T>)
        write_json_integer(std::int64_t{value}, out);
    else
        write_json_integer(std::uint64_t{value}, out);
}

} // namespace detail

/// Appends `value` as JSON, as `json<T>::encode` does.
template <class T>
void write_json(T const& value, std::string& out)
{
    if constexpr (detail::json_codec_writes<T>)
        json_codec<T>::write(value, out);
    else if constexpr (std::same_as<T, bool>)
        out.append(value ? "true" : "false");
    else if constexpr (detail::text_value<T>)
        detail::write_json_text(value, out);
    else if constexpr (detail::integer_value<T>)
        detail::write_json_whole(value, out);
    else if constexpr (detail::floating_value<T>)
        detail::write_json_floating(value, out);
    else if constexpr (detail::timestamp_value<T>)
        detail::write_json_time(detail::to_precise(value), detail::fraction_digits<typename T::duration>(), out);
    else if constexpr (std::same_as<T, std::monostate>)
        out.append("null");
    else if constexpr (detail::optional_value<T>)
    {
        if (value)
            write_json(*value, out);
        else
            out.append("null");
    }
    else if constexpr (detail::variant_value<T>)
        std::visit([&](auto const& each) { write_json(each, out); }, value);
    else if constexpr (detail::mapping_value<T>)
        detail::write_json_mapping(value, out);
    else if constexpr (detail::sequence_value<T>)
        detail::write_json_sequence(value, out);
    else if constexpr (detail::described_enum<T>)
        detail::write_json_enum(value, out);
    else if constexpr (detail::described_struct<T>)
        detail::write_json_struct(value, out);
    else
        static_assert(detail::no_json<T>, "paperboy: this type cannot be written as JSON; describe it with "
                                          "BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM, or specialise "
                                          "paperboy::json_codec for it");
}

} // namespace paperboy

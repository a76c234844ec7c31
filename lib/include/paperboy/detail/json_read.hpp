#pragma once

#include <paperboy/detail/describe.hpp>
#include <paperboy/detail/described_read.hpp>
#include <paperboy/detail/json_reader.hpp>
#include <paperboy/detail/timestamp_text.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace paperboy
{

/// How a type of yours is read from and written to JSON; specialise it with either function or both:
///
///     template <>
///     struct paperboy::json_codec<money>
///     {
///         static void read(paperboy::json_reader& from, money& out);
///         static void write(money const& value, std::string& out); // appends
///     };
///
/// `read` overwrites `out`, which holds what an earlier record left there. `read_json` and `write_json` do the parts.
template <class T>
struct json_codec
{
};

template <class T>
void read_json(json_reader& from, T& out);

namespace detail
{

template <class T>
concept json_codec_reads = requires(json_reader& from, T& out) { json_codec<T>::read(from, out); };

// The fields of a described struct, with what reads each.
template <class T>
struct json_plan
{
    template <class Member>
    static void read(json_reader& from, void* object)
    {
        read_json(from, Member::of(*static_cast<T*>(object)));
    }

    template <class Member>
    static void reset(void* object)
    {
        Member::of(*static_cast<T*>(object)).reset();
    }

    template <class Member>
    static constexpr json_field field()
    {
        static_assert(Member::name.find_first_of("\"\\") == std::string_view::npos,
                      "paperboy: a field's name has neither quotes nor backslashes");
        if constexpr (Member::optional)
            return {json_name{Member::name}, read<Member>, reset<Member>};
        else
            return {json_name{Member::name}, read<Member>, nullptr};
    }

    template <class... Members>
    static constexpr auto all_of(boost::mp11::mp_list<Members...>)
    {
        return std::array<json_field, sizeof...(Members)>{field<Members>()...};
    }

    static_assert(member_count<T> <= max_json_fields, "paperboy: a struct read from JSON has at most 256 members");
    static constexpr auto all = all_of(members_of<T>{});
    static constexpr auto fields = json_fields{all};
};

// ---- unions: the value's kind tells which alternative it is; among several structs, their fields do

template <class T>
constexpr bool reads_kind(json_kind kind, bool whole)
{
    switch (kind)
    {
    case json_kind::null:
        return std::same_as<T, std::monostate>;
    case json_kind::boolean:
        return std::same_as<T, bool>;
    case json_kind::number:
        return floating_value<T> || (whole && integer_value<T>);
    case json_kind::text:
        return text_value<T> || described_enum<T> || timestamp_value<T>;
    case json_kind::array:
        return sequence_value<T>;
    case json_kind::object:
        return mapping_value<T> || described_struct<T>;
    }
    return false;
}

template <class Variant>
struct json_union;

// Which alternative a value is read into.
template <class... T>
struct json_union<std::variant<T...>>
{
    static constexpr std::size_t none = sizeof...(T);

    // The first alternative that takes such a value; an integer wherever there is one.
    static std::size_t by_kind(json_kind kind, bool whole)
    {
        auto found = none;
        auto index = std::size_t{0};
        ((found = found == none && reads_kind<T>(kind, whole) && !(whole && floating_value<T> && has_integer) ? index
                                                                                                              : found,
          ++index),
         ...);
        return found;
    }
    static constexpr bool has_integer = (integer_value<T> || ...);
    static constexpr std::size_t structs = (std::size_t{described_struct<T>} + ...);
    static_assert(!(json_codec_reads<T> || ...),
                  "paperboy: which alternative of a std::variant a JSON value is cannot be told for a type with a "
                  "json_codec; give the variant's owner a json_codec");

    static std::size_t choose(json_reader& from)
    {
        auto const kind = from.kind();
        if (structs > 1 && kind == json_kind::object)
            return by_fields(from);
        return by_kind(kind, kind == json_kind::number && from.whole_number());
    }

    static std::size_t by_fields(json_reader& from)
    {
        auto fields = std::array<json_fields, structs>{};
        auto places = std::array<std::size_t, structs>{};
        auto count = std::size_t{0};
        auto index = std::size_t{0};
        auto const add = [&]<class U>(std::type_identity<U>)
        {
            if constexpr (described_struct<U>)
            {
                fields[count] = json_plan<U>::fields;
                places[count++] = index;
            }
            ++index;
        };
        (add(std::type_identity<T>{}), ...);
        auto const chosen = from.fitting(fields);
        return chosen < structs ? places[chosen] : none;
    }
};

// ---- containers

template <mapping_value T>
void read_json_mapping(json_reader& from, T& out)
{
    out.clear();
    from.object(
        [&](std::string_view key)
        {
            auto const [place, added] = out.try_emplace(typename T::key_type{key});
            if (!added)
                from.fail_twice();
            read_json(from, place->second);
        });
}

template <class T>
void read_json_floating(json_reader& from, T& out)
{
    auto const wide = from.number();
    out = static_cast<T>(wide);
    if (out > std::numeric_limits<T>::max() || out < std::numeric_limits<T>::lowest())
        from.fail("a number within the range of float");
}

template <class Duration>
void read_json_timestamp(json_reader& from, std::chrono::sys_time<Duration>& out)
{
    using rep = typename Duration::rep;
    if (from.kind() == json_kind::number)
    {
        auto count = rep{};
        read_integer(from, count);
        out = std::chrono::sys_time<Duration>{Duration{count}};
        return;
    }
    auto const parsed = from.kind() == json_kind::text ? parse_timestamp(from.text()) : std::nullopt;
    if (!parsed || !fits<Duration>(*parsed))
        from.fail("a time such as \"2024-02-29T12:00:00Z\", or a whole number");
    out = to_time<Duration>(*parsed);
}

template <class T>
inline constexpr bool no_json = false;

} // namespace detail

/// Reads the value at which `from` stands into `out`, which is overwritten.
template <class T>
void read_json(json_reader& from, T& out)
{
    [[maybe_unused]] constexpr auto read_value = [](json_reader& at, auto& value) { read_json(at, value); };
    if constexpr (detail::json_codec_reads<T>)
        json_codec<T>::read(from, out);
    else if constexpr (std::same_as<T, bool>)
        out = from.boolean();
    else if constexpr (std::same_as<T, std::string_view>)
        out = from.text();
    else if constexpr (std::same_as<T, std::string>)
        from.text(out);
    else if constexpr (detail::integer_value<T>)
        detail::read_integer(from, out);
    else if constexpr (detail::floating_value<T>)
        detail::read_json_floating(from, out);
    else if constexpr (detail::timestamp_value<T>)
        detail::read_json_timestamp(from, out);
    else if constexpr (detail::optional_value<T>)
        detail::read_optional(from, out, read_value);
    else if constexpr (detail::variant_value<T>)
        detail::read_alternative(from, out, detail::json_union<T>::choose(from), read_value);
    else if constexpr (std::same_as<T, std::monostate>)
    {
        if (!from.null())
            from.fail("null");
    }
    else if constexpr (detail::mapping_value<T>)
        detail::read_json_mapping(from, out);
    else if constexpr (detail::sequence_value<T>)
        detail::read_sequence(from, out, read_value);
    else if constexpr (detail::described_enum<T>)
        detail::read_enum(from, out);
    else if constexpr (detail::described_struct<T>)
        from.read_object(&out, detail::json_plan<T>::fields);
    else
        static_assert(detail::no_json<T>, "paperboy: JSON cannot be read into this type; describe it with "
                                          "BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM, or specialise "
                                          "paperboy::json_codec for it");
}

} // namespace paperboy

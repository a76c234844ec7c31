#pragma once

#include <paperboy/detail/describe.hpp>
#include <paperboy/detail/described_read.hpp>
#include <paperboy/detail/msgpack_reader.hpp>
#include <paperboy/detail/timestamp_text.hpp>

#include <boost/uuid/uuid.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace paperboy
{

/// How a type of yours is read from and written to MessagePack; specialise it with either function or both:
///
///     template <>
///     struct paperboy::msgpack_codec<money>
///     {
///         static void read(paperboy::msgpack_reader& from, money& out);
///         static void write(money const& value, std::string& out); // appends
///     };
///
/// `read` overwrites `out`, which holds what an earlier record left there. `read_msgpack` and `write_msgpack` do the
/// parts.
template <class T>
struct msgpack_codec
{
};

template <class T>
void read_msgpack(msgpack_reader& from, T& out);

namespace detail
{

template <class T>
concept msgpack_codec_reads = requires(msgpack_reader& from, T& out) { msgpack_codec<T>::read(from, out); };

// Maps: of texts as in the other formats, and of integers.
template <class T>
concept msgpack_mapping = mapping_value<T> || requires(T& mapping, typename T::key_type key) {
    typename T::mapped_type;
    requires integer_value<typename T::key_type>;
    mapping.clear();
    mapping.try_emplace(key).first->second;
};

template <class T>
inline constexpr bool is_byte_block = false;
template <std::size_t N>
inline constexpr bool is_byte_block<std::array<std::byte, N>> = true;

// The fields of a described struct, with what reads each.
template <class T>
struct msgpack_plan
{
    template <class Member>
    static void read(msgpack_reader& from, void* object)
    {
        read_msgpack(from, Member::of(*static_cast<T*>(object)));
    }

    template <class Member>
    static void reset(void* object)
    {
        Member::of(*static_cast<T*>(object)).reset();
    }

    template <class Member>
    static constexpr msgpack_field field()
    {
        if constexpr (Member::optional)
            return {Member::name, read<Member>, reset<Member>};
        else
            return {Member::name, read<Member>, nullptr};
    }

    template <class... Members>
    static constexpr auto all_of(boost::mp11::mp_list<Members...>)
    {
        return std::array<msgpack_field, sizeof...(Members)>{field<Members>()...};
    }

    static_assert(member_count<T> <= max_msgpack_fields,
                  "paperboy: a struct read from MessagePack has at most 256 members");
    static constexpr auto all = all_of(members_of<T>{});
    static constexpr auto fields = msgpack_fields{all};
};

// ---- unions: the value's kind tells which alternative it is; among several structs, their fields do

template <class T>
constexpr bool reads_msgpack_kind(msgpack_kind kind)
{
    switch (kind)
    {
    case msgpack_kind::null:
        return std::same_as<T, std::monostate>;
    case msgpack_kind::boolean:
        return std::same_as<T, bool>;
    case msgpack_kind::integer:
        return integer_value<T> || floating_value<T>;
    case msgpack_kind::floating:
        return floating_value<T>;
    case msgpack_kind::text:
        return text_value<T> || described_enum<T> || std::same_as<T, boost::uuids::uuid>;
    case msgpack_kind::bytes:
        return bytes_value<T> || is_byte_block<T>;
    case msgpack_kind::array:
        return sequence_value<T>;
    case msgpack_kind::map:
        return msgpack_mapping<T> || described_struct<T>;
    case msgpack_kind::extension:
        return timestamp_value<T> || std::same_as<T, msgpack_extension>;
    case msgpack_kind::unused:
        return false;
    }
    return false;
}

template <class Variant>
struct msgpack_union;

// Which alternative a value is read into.
template <class... T>
struct msgpack_union<std::variant<T...>>
{
    static constexpr std::size_t none = sizeof...(T);
    static constexpr bool has_integer = (integer_value<T> || ...);
    static constexpr std::size_t structs = (std::size_t{described_struct<T>} + ...);
    static_assert(!(msgpack_codec_reads<T> || ...),
                  "paperboy: which alternative of a std::variant a MessagePack value is cannot be told for a type with "
                  "a msgpack_codec; give the variant's owner a msgpack_codec");

    static std::size_t choose(msgpack_reader& from)
    {
        auto const kind = from.kind();
        if (structs > 1 && kind == msgpack_kind::map)
            return by_fields(from);
        // An integer is one wherever there is one.
        auto const whole = kind == msgpack_kind::integer && has_integer;
        auto const takes = std::array<bool, none>{(reads_msgpack_kind<T>(kind) && !(whole && floating_value<T>))...};
        return static_cast<std::size_t>(std::ranges::find(takes, true) - takes.begin());
    }

    template <class U>
    static constexpr msgpack_fields fields_of()
    {
        if constexpr (described_struct<U>)
            return msgpack_plan<U>::fields;
        else
            return {};
    }

    static std::size_t by_fields(msgpack_reader& from)
    {
        static constexpr auto candidates = std::array<msgpack_fields, none>{fields_of<T>()...};
        static constexpr auto eligible = std::array<bool, none>{described_struct<T>...};
        return from.fitting(candidates, eligible);
    }
};

// ---- containers

template <msgpack_mapping T>
void read_msgpack_mapping(msgpack_reader& from, T& out)
{
    out.clear();
    from.map(
        [&]
        {
            auto key = typename T::key_type{};
            read_msgpack(from, key);
            auto const [place, added] = out.try_emplace(std::move(key));
            if (!added)
                from.fail_twice();
            read_msgpack(from, place->second);
        });
}

// ---- scalars

template <class T>
void read_msgpack_floating(msgpack_reader& from, T& out)
{
    auto const wide = from.number();
    auto const finite = wide - wide == 0;
    if (finite && (wide > std::numeric_limits<T>::max() || wide < std::numeric_limits<T>::lowest()))
        from.fail("a number within the range of float");
    out = static_cast<T>(wide);
}

template <class Duration>
void read_msgpack_timestamp(msgpack_reader& from, std::chrono::sys_time<Duration>& out)
{
    if (from.kind() == msgpack_kind::integer)
    {
        auto count = typename Duration::rep{};
        read_integer(from, count);
        out = std::chrono::sys_time<Duration>{Duration{count}};
        return;
    }
    auto const found = from.time();
    if (!found || !fits<Duration>(*found))
        from.fail("a timestamp, a time such as \"2024-02-29T12:00:00Z\", or an integer");
    out = to_time<Duration>(*found);
}

template <std::size_t N>
void read_msgpack_block(msgpack_reader& from, std::array<std::byte, N>& out)
{
    auto const found = from.bytes();
    if (found.size() != N)
        from.fail(std::to_string(N) + " bytes");
    std::ranges::copy(found, out.begin());
}

void read_msgpack_uuid(msgpack_reader& from, boost::uuids::uuid& out);

template <class T>
void read_msgpack_bytes(msgpack_reader& from, T& out)
{
    auto const found = from.bytes();
    if constexpr (std::same_as<T, bytes_view>)
        out = found;
    else
        out.assign(found.begin(), found.end());
}

template <class T>
inline constexpr bool no_msgpack = false;

// Scalars of the types that a codec has not taken.
template <class T>
void read_msgpack_scalar(msgpack_reader& from, T& out)
{
    if constexpr (std::same_as<T, bool>)
        out = from.boolean();
    else if constexpr (text_value<T>)
        out = from.text();
    else if constexpr (bytes_value<T>)
        read_msgpack_bytes(from, out);
    else if constexpr (is_byte_block<T>)
        read_msgpack_block(from, out);
    else if constexpr (integer_value<T>)
        read_integer(from, out);
    else if constexpr (floating_value<T>)
        read_msgpack_floating(from, out);
    else if constexpr (timestamp_value<T>)
        read_msgpack_timestamp(from, out);
    else if constexpr (std::same_as<T, boost::uuids::uuid>)
        read_msgpack_uuid(from, out);
    else if constexpr (std::same_as<T, msgpack_extension>)
        out = from.extension();
    else if constexpr (described_enum<T>)
        read_enum(from, out);
    else
        static_assert(no_msgpack<T>, "paperboy: MessagePack cannot be read into this type; describe it with "
                                     "BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM, or specialise "
                                     "paperboy::msgpack_codec for it");
}

} // namespace detail

/// Reads the value at which `from` stands into `out`, which is overwritten.
template <class T>
void read_msgpack(msgpack_reader& from, T& out)
{
    [[maybe_unused]] constexpr auto read_value = [](msgpack_reader& at, auto& value) { read_msgpack(at, value); };
    if constexpr (detail::msgpack_codec_reads<T>)
        msgpack_codec<T>::read(from, out);
    else if constexpr (detail::optional_value<T>)
        detail::read_optional(from, out, read_value);
    else if constexpr (detail::variant_value<T>)
        detail::read_alternative(from, out, detail::msgpack_union<T>::choose(from), read_value);
    else if constexpr (std::same_as<T, std::monostate>)
    {
        if (!from.null())
            from.fail("null");
    }
    else if constexpr (detail::msgpack_mapping<T>)
        detail::read_msgpack_mapping(from, out);
    else if constexpr (detail::sequence_value<T>)
        detail::read_sequence(from, out, read_value);
    else if constexpr (detail::described_struct<T>)
        from.read_object(&out, detail::msgpack_plan<T>::fields);
    else
        detail::read_msgpack_scalar(from, out);
}

} // namespace paperboy

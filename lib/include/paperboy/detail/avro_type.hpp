#pragma once

#include <paperboy/detail/avro_values.hpp>
#include <paperboy/detail/describe.hpp>

#include <boost/uuid/uuid.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

namespace paperboy
{

/// What Avro wants to know of a described type beyond its members; specialise it where the defaults do not do:
///
///     template <>
///     struct paperboy::avro_traits<order>
///     {
///         static constexpr std::string_view name = "com.example.order";       // default: that of the C++ type
///         static constexpr bool has_default(std::string_view field) { return field == "quantity"; }
///         static constexpr std::string_view alias(std::string_view field) { return field == "id" ? "order_id" : ""; }
///     };
///
/// and of a described enum:
///
///     template <>
///     struct paperboy::avro_traits<status>
///     {
///         static constexpr status default_symbol = status::unknown;
///     };
///
/// A member with a default may be absent from the writer's schema: it gets the value that a default-constructed object
/// has. A `std::optional` always has one, so that needs no mention. An alias is another name under which the writer's
/// schema may have the field. An enum's default stands for symbols of the writer's that it lacks, and is in the schema
/// that is registered. All of them are optional; fields are named as in records, see `field_names`.
template <class T>
struct avro_traits
{
};

namespace detail
{

// How values of a C++ type are read and written, whichever schema they come in.
enum class avro_shape : std::uint8_t
{
    null,
    boolean,
    integer,
    floating,
    text,
    text_view,
    bytes,
    bytes_view,
    fixed,
    enumeration,
    // A count of units since 1970, or since midnight.
    timestamp,
    time,
    uuid,
    decimal,
    duration,
    optional,
    variant,
    sequence,
    mapping,
    record,
    // Whatever comes: an avro_datum.
    datum,
};

struct avro_type;

// A function in place of the object: types may contain themselves.
using avro_type_of_part = avro_type const& (*)();

struct avro_member
{
    std::string_view name;
    std::string_view alias;
    std::size_t offset;
    avro_type_of_part type;
    bool has_default;
    // Given the member.
    void (*set_default)(void*);
};

struct avro_enumerator
{
    std::string_view name;
    std::int64_t value;
};

// Everything that the plan and its interpreter need to know of a C++ type, and how they get into its objects. Which of
// the members mean something depends on the shape.
struct avro_type
{
    avro_shape shape;
    // Of a record or an enum, qualified by dots.
    std::string name = {};
    // Bytes of an integer, a floating-point number, a count, an enum, or a fixed.
    std::size_t size = 0;
    bool is_signed = true;
    // Units of a count per second, as a fraction.
    std::int64_t units = 1;
    std::int64_t seconds = 1;

    std::vector<avro_member> members = {};
    std::vector<avro_enumerator> enumerators = {};
    // Of an enum that stands for symbols which it lacks.
    std::optional<avro_enumerator> default_symbol = {};
    std::vector<avro_type_of_part> alternatives = {};
    // Of an optional, a sequence, or the values of a mapping.
    avro_type_of_part element = nullptr;

    // sequence: the item at an index up to the size; a size; items for writing.
    void* (*at)(void*, std::size_t) = nullptr;
    void (*resize)(void*, std::size_t) = nullptr;
    std::size_t (*size_of)(void const*) = nullptr;
    void const* (*item)(void const*, std::size_t) = nullptr;

    // mapping: the value of a key, new or not; the entries for writing.
    void (*clear)(void*) = nullptr;
    void* (*insert)(void*, std::string_view) = nullptr;
    void (*visit)(void const*, void*, void (*)(void*, std::string_view, void const*)) = nullptr;

    // optional: its value, made if there is none; none; its value or null.
    void* (*engage)(void*) = nullptr;
    void (*reset)(void*) = nullptr;
    void const* (*value)(void const*) = nullptr;

    // variant: the value of an alternative, which becomes the present one; which is; its value.
    void* (*emplace)(void*, std::size_t) = nullptr;
    std::size_t (*index)(void const*) = nullptr;
    void const* (*present)(void const*) = nullptr;
};

template <class T>
avro_type const& avro_type_of();

template <class T>
T const& avro_prototype()
{
    static T const made{};
    return made;
}

// "ns::order" as "ns.order".
[[nodiscard]] std::string avro_name_of(std::type_info const& type);

template <class T>
std::string avro_name()
{
    if constexpr (requires { avro_traits<T>::name; })
        return std::string{avro_traits<T>::name};
    else
        return avro_name_of(typeid(T));
}

template <class T>
inline constexpr bool is_byte_array = false;
template <std::size_t N>
inline constexpr bool is_byte_array<std::array<std::byte, N>> = true;

template <class T>
inline constexpr bool is_chrono_duration = false;
template <class Rep, class Period>
inline constexpr bool is_chrono_duration<std::chrono::duration<Rep, Period>> = std::integral<Rep>;

// ---- each shape's way in

template <class T, class Member>
avro_member avro_member_of()
{
    constexpr auto name = Member::name;
    using M = typename Member::type;
    auto has_default = optional_value<M>;
    auto alias = std::string_view{};
    if constexpr (requires { avro_traits<T>::has_default(name); })
        has_default = has_default || avro_traits<T>::has_default(name);
    if constexpr (requires { avro_traits<T>::alias(name); })
        alias = avro_traits<T>::alias(name);
    auto const& prototype = avro_prototype<T>();
    auto const offset = reinterpret_cast<std::byte const*>(std::addressof(Member::of(prototype))) -
                        reinterpret_cast<std::byte const*>(std::addressof(prototype));
    return {name,
            alias,
            static_cast<std::size_t>(offset),
            avro_type_of<M>,
            has_default,
            [](void* to) { *static_cast<M*>(to) = Member::of(avro_prototype<T>()); }};
}

template <class T>
avro_type avro_record()
{
    auto out = avro_type{avro_shape::record};
    out.name = avro_name<T>();
    for_each_member<T>([&]<class Member>(Member) { out.members.push_back(avro_member_of<T, Member>()); });
    return out;
}

template <class T>
constexpr bool is_described(T enumerator)
{
    auto found = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto each)
                                                                       { found = found || each.value == enumerator; });
    return found;
}

template <class T>
avro_type avro_enum()
{
    auto out = avro_type{avro_shape::enumeration};
    out.name = avro_name<T>();
    out.size = sizeof(T);
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
        [&](auto each) { out.enumerators.push_back({each.name, static_cast<std::int64_t>(each.value)}); });
    if constexpr (requires { avro_traits<T>::default_symbol; })
    {
        static_assert(is_described<T>(avro_traits<T>::default_symbol),
                      "paperboy: avro_traits::default_symbol has to be among the enumerators that BOOST_DESCRIBE_ENUM "
                      "describes");
        for (auto const& each : out.enumerators)
            if (each.value == static_cast<std::int64_t>(avro_traits<T>::default_symbol))
                out.default_symbol = each;
    }
    return out;
}

template <class Rep, class Period>
avro_type avro_count(avro_shape shape)
{
    auto out = avro_type{shape};
    out.size = sizeof(Rep);
    out.is_signed = std::signed_integral<Rep>;
    out.units = Period::den;
    out.seconds = Period::num;
    return out;
}

template <class T>
avro_type avro_optional()
{
    auto out = avro_type{avro_shape::optional};
    out.element = avro_type_of<typename T::value_type>;
    out.engage = [](void* to) -> void*
    {
        auto& all = *static_cast<T*>(to);
        return std::addressof(all ? *all : all.emplace());
    };
    out.reset = [](void* to) { static_cast<T*>(to)->reset(); };
    out.value = [](void const* of) -> void const*
    {
        auto const& all = *static_cast<T const*>(of);
        return all ? std::addressof(*all) : nullptr;
    };
    return out;
}

template <class T>
avro_type avro_sequence()
{
    static_assert(!std::same_as<typename T::value_type, bool>,
                  "paperboy: std::vector<bool> has no bools that could be read into; use std::deque<bool>");
    auto out = avro_type{avro_shape::sequence};
    out.element = avro_type_of<typename T::value_type>;
    out.at = [](void* to, std::size_t index) -> void*
    {
        auto& all = *static_cast<T*>(to);
        if (index == all.size())
            all.emplace_back();
        return std::addressof(all[index]);
    };
    out.resize = [](void* to, std::size_t count) { static_cast<T*>(to)->resize(count); };
    out.size_of = [](void const* of) { return static_cast<T const*>(of)->size(); };
    out.item = [](void const* of, std::size_t index) -> void const*
    { return std::addressof((*static_cast<T const*>(of))[index]); };
    return out;
}

template <class T>
avro_type avro_mapping()
{
    auto out = avro_type{avro_shape::mapping};
    out.element = avro_type_of<typename T::mapped_type>;
    out.size_of = [](void const* of) { return static_cast<T const*>(of)->size(); };
    out.clear = [](void* to) { static_cast<T*>(to)->clear(); };
    out.insert = [](void* to, std::string_view key) -> void*
    { return std::addressof(static_cast<T*>(to)->try_emplace(typename T::key_type{key}).first->second); };
    out.visit = [](void const* of, void* context, void (*call)(void*, std::string_view, void const*))
    {
        for (auto const& [key, value] : *static_cast<T const*>(of))
            call(context, key, std::addressof(value));
    };
    return out;
}

template <class... T>
avro_type avro_variant(std::type_identity<std::variant<T...>>)
{
    using all = std::variant<T...>;
    auto out = avro_type{avro_shape::variant};
    out.alternatives = {avro_type_of<T>...};
    out.emplace = [](void* to, std::size_t index) -> void*
    {
        auto& value = *static_cast<all*>(to);
        auto* place = static_cast<void*>(nullptr);
        auto at = std::size_t{0};
        ((at++ == index ? static_cast<void>(place = std::holds_alternative<T>(value)
                                                        ? std::addressof(std::get<T>(value))
                                                        : std::addressof(value.template emplace<T>()))
                        : static_cast<void>(0)),
         ...);
        return place;
    };
    out.index = [](void const* of) { return static_cast<all const*>(of)->index(); };
    out.present = [](void const* of) -> void const*
    {
        return std::visit([](auto const& value) -> void const* { return std::addressof(value); },
                          *static_cast<all const*>(of));
    };
    return out;
}

template <class T>
inline constexpr bool no_avro = false;

template <class T>
avro_type make_avro_type()
{
    if constexpr (std::same_as<T, std::monostate>)
        return {avro_shape::null};
    else if constexpr (std::same_as<T, bool>)
        return {avro_shape::boolean};
    else if constexpr (integer_value<T>)
        return {avro_shape::integer, {}, sizeof(T), std::signed_integral<T>};
    else if constexpr (floating_value<T>)
        return {avro_shape::floating, {}, sizeof(T)};
    else if constexpr (std::same_as<T, std::string>)
        return {avro_shape::text};
    else if constexpr (std::same_as<T, std::string_view>)
        return {avro_shape::text_view};
    else if constexpr (std::same_as<T, std::vector<std::byte>>)
        return {avro_shape::bytes};
    else if constexpr (bytes_value<T>)
        return {avro_shape::bytes_view};
    else if constexpr (is_byte_array<T>)
        return {avro_shape::fixed, {}, sizeof(T)};
    else if constexpr (std::same_as<T, boost::uuids::uuid>)
        return {avro_shape::uuid};
    else if constexpr (std::same_as<T, avro_decimal>)
        return {avro_shape::decimal};
    else if constexpr (std::same_as<T, avro_duration>)
        return {avro_shape::duration};
    else if constexpr (timestamp_value<T>)
        return avro_count<typename T::rep, typename T::period>(avro_shape::timestamp);
    else if constexpr (is_chrono_duration<T>)
        return avro_count<typename T::rep, typename T::period>(avro_shape::time);
    else if constexpr (optional_value<T>)
        return avro_optional<T>();
    else if constexpr (variant_value<T>)
        return avro_variant(std::type_identity<T>{});
    else if constexpr (mapping_value<T>)
        return avro_mapping<T>();
    else if constexpr (sequence_value<T>)
        return avro_sequence<T>();
    else if constexpr (described_enum<T>)
        return avro_enum<T>();
    else if constexpr (described_struct<T>)
        return avro_record<T>();
    else
        static_assert(no_avro<T>, "paperboy: Avro cannot be read into this type; describe it with "
                                  "BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM");
}

template <class T>
avro_type const& avro_type_of()
{
    static auto const made = make_avro_type<T>();
    return made;
}

} // namespace detail
} // namespace paperboy

#pragma once

#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace paperboy
{

/// How the members of a described struct are spelled in records, in every format. Specialise it for a struct whose
/// fields are not called as its members are, which has to be so where a field's name is no identifier of C++:
///
///     template <>
///     struct paperboy::field_names<order>
///     {
///         static constexpr std::string_view of(std::string_view member)
///         {
///             return member == "item_id" ? "item-id" : member;
///         }
///     };
template <class T>
struct field_names
{
    static constexpr std::string_view of(std::string_view member) { return member; }
};

} // namespace paperboy

// What Boost.Describe tells of a type, as the serdes of all formats need it: a class of types for each way of reading
// and writing, and the members of a struct one by one.
namespace paperboy::detail
{

template <class T>
concept described_struct =
    std::is_class_v<T> && boost::describe::has_describe_members<T>::value && std::default_initializable<T>;

template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

// Numbers; characters are none.
template <class T>
concept integer_value =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <class T>
concept floating_value = std::same_as<T, float> || std::same_as<T, double>;

template <class T>
concept text_value = std::same_as<T, std::string> || std::same_as<T, std::string_view>;

template <class T>
concept bytes_value = std::same_as<T, std::vector<std::byte>> || std::same_as<T, std::span<std::byte const>>;

template <class T>
inline constexpr bool is_timestamp = false;
template <class Duration>
inline constexpr bool is_timestamp<std::chrono::sys_time<Duration>> = std::integral<typename Duration::rep>;

// A point in time on the system's clock, of any unit.
template <class T>
concept timestamp_value = is_timestamp<T>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
concept optional_value = is_optional<T>;

template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

template <class T>
concept variant_value = is_variant<T>;

// std::vector, std::deque and what is like them.
template <class T>
concept sequence_value = !bytes_value<T> && !text_value<T> && requires(T& sequence, std::size_t count) {
    typename T::value_type;
    sequence.emplace_back();
    sequence.resize(count);
    { sequence[count] } -> std::convertible_to<typename T::value_type>;
    { sequence.size() } -> std::convertible_to<std::size_t>;
};

// std::map, std::unordered_map and what is like them, from text to anything.
template <class T>
concept mapping_value = requires(T& mapping, typename T::key_type key) {
    typename T::mapped_type;
    requires text_value<typename T::key_type>;
    mapping.clear();
    mapping.try_emplace(std::move(key)).first->second;
};

// One member of a described struct `Owner`, or of a base of it.
template <class Owner, class Descriptor>
struct member
{
    using owner = Owner;
    using type = std::remove_cvref_t<decltype(std::declval<Owner&>().*Descriptor::pointer)>;

    static constexpr std::string_view name = field_names<Owner>::of(Descriptor::name);
    static constexpr bool optional = optional_value<type>;

    static type& of(Owner& object) noexcept { return object.*Descriptor::pointer; }
    static type const& of(Owner const& object) noexcept { return object.*Descriptor::pointer; }
};

template <class Owner>
struct as_member
{
    template <class Descriptor>
    using fn = member<Owner, Descriptor>;
};

// The members of a described struct in their declared order, those of its bases first: a list of member<…>.
template <described_struct T>
using members_of = boost::mp11::mp_transform_q<
    as_member<T>, boost::mp11::mp_rename<boost::describe::describe_members<T, boost::describe::mod_public |
                                                                                  boost::describe::mod_inherited>,
                                         boost::mp11::mp_list>>;

template <described_struct T>
inline constexpr std::size_t member_count = boost::mp11::mp_size<members_of<T>>::value;

// Calls f(member<…>{}) for each member.
template <described_struct T, class F>
constexpr void for_each_member(F&& f)
{
    boost::mp11::mp_for_each<members_of<T>>(f);
}

// The name of an enumerator; empty for a value that has none.
template <described_enum E>
constexpr std::string_view enumerator_name(E value)
{
    auto found = std::string_view{};
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
        [&](auto each)
        {
            if (each.value == value)
                found = each.name;
        });
    return found;
}

// The enumerator of that name.
template <described_enum E>
constexpr std::optional<E> enumerator_of(std::string_view name)
{
    auto found = std::optional<E>{};
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
        [&](auto each)
        {
            if (!found && name == each.name)
                found = each.value;
        });
    return found;
}

// All names of an enum, for a sentence: "red", "green".
template <described_enum E>
std::string enumerator_names()
{
    auto all = std::string{};
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
        [&](auto each) { all.append(all.empty() ? "\"" : ", \"").append(each.name).append("\""); });
    return all;
}

} // namespace paperboy::detail

#pragma once

/// What readers of all self-describing formats do alike for a described type. `Reader` stands at a value; `read` is the
/// format's own function for a value of any type.

#include <paperboy/detail/describe.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace paperboy::detail
{

template <class Reader, class T>
void read_integer(Reader& from, T& out)
{
    using limits = std::numeric_limits<T>;
    if constexpr (std::signed_integral<T>)
        out = static_cast<T>(from.integer(std::int64_t{limits::min()}, std::int64_t{limits::max()}));
    else
        out = static_cast<T>(from.integer(std::uint64_t{limits::max()}));
}

template <class Reader, described_enum T>
void read_enum(Reader& from, T& out)
{
    using kind = decltype(from.kind());
    auto const found = from.kind() == kind::text ? enumerator_of<T>(from.text()) : std::nullopt;
    if (!found)
        from.fail("one of " + enumerator_names<T>());
    out = *found;
}

// What an earlier record left in the object is overwritten, which saves memory.
template <class Reader, class T, class Read>
void read_optional(Reader& from, std::optional<T>& out, Read read)
{
    if (from.null())
        out.reset();
    else
        read(from, out ? *out : out.emplace());
}

// Likewise item by item.
template <class Reader, sequence_value T, class Read>
void read_sequence(Reader& from, T& out, Read read)
{
    auto count = std::size_t{0};
    from.array(
        [&](std::size_t index)
        {
            if (index == out.size())
                out.emplace_back();
            if constexpr (std::same_as<typename T::value_type, bool>)
                out[index] = from.boolean();
            else
                read(from, out[index]);
            count = index + 1;
        });
    out.resize(count);
}

// Reads the alternative of this number; what is there is overwritten when it is of that alternative.
template <class Reader, class... T, class Read>
void read_alternative(Reader& from, std::variant<T...>& out, std::size_t chosen, Read read)
{
    auto const take = [&]<std::size_t I>(std::integral_constant<std::size_t, I>)
    {
        if (chosen != I)
            return;
        if (out.index() != I)
            out.template emplace<I>();
        read(from, std::get<I>(out));
    };
    if (chosen >= sizeof...(T))
        from.fail("a value of one of the union's types");
    [&]<std::size_t... I>(std::index_sequence<I...>)
    { (take(std::integral_constant<std::size_t, I>{}), ...); }(std::index_sequence_for<T...>{});
}

} // namespace paperboy::detail

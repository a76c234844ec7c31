#pragma once

#include <paperboy/detail/msgpack_reader.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

// How MessagePack's values are laid out.
namespace paperboy::serde
{

static_assert(std::endian::native == std::endian::little, "MessagePack's numbers are swapped as on such machines");

// A number of 1, 2, 4 or 8 bytes.
inline std::uint64_t big_endian(std::byte const* from, std::size_t size) noexcept
{
    auto value = std::uint64_t{0};
    switch (size)
    {
    case 1:
        return std::to_integer<std::uint64_t>(*from);
    case 2:
        std::memcpy(&value, from, 2);
        return __builtin_bswap64(value) >> 48U;
    case 4:
        std::memcpy(&value, from, 4);
        return __builtin_bswap64(value) >> 32U;
    default:
        std::memcpy(&value, from, 8);
        return __builtin_bswap64(value);
    }
}

// What the first byte of a value says of the rest: how many bytes have its size, or else the size; of containers it is
// their items, or entries. An extension's type counts as its first byte.
struct msgpack_form
{
    std::uint8_t size_bytes = 0;
    std::uint8_t size = 0;

    // Those bytes have to be there.
    [[nodiscard]] std::uint64_t size_of(std::byte const* first) const noexcept
    {
        return size_bytes == 0 ? size : size + big_endian(first + 1, size_bytes);
    }
};

constexpr msgpack_form form_of(std::size_t first) noexcept
{
    auto const low = static_cast<std::uint8_t>(first & 0x0fU);
    auto const power = [](std::size_t of) { return static_cast<std::uint8_t>(1U << of); };
    if (first < 0x80 || first >= 0xe0)
        return {};
    if (first < 0xa0)
        return {0, low};
    if (first < 0xc0)
        return {0, static_cast<std::uint8_t>(first & 0x1fU)};
    if (first < 0xc4)
        return {};
    if (first < 0xc7)
        return {power(first - 0xc4), 0}; // bytes
    if (first < 0xca)
        return {power(first - 0xc7), 1}; // extensions
    if (first < 0xcc)
        return {0, first == 0xca ? std::uint8_t{4} : std::uint8_t{8}};
    if (first < 0xd4)
        return {0, power(first & 3U)}; // integers
    if (first < 0xd9)
        return {0, static_cast<std::uint8_t>(power(first - 0xd4) + 1)}; // extensions of fixed size
    if (first < 0xdc)
        return {power(first - 0xd9), 0};              // texts
    return {first % 2 == 0 ? power(1) : power(2), 0}; // arrays and maps
}

inline constexpr auto msgpack_forms = []
{
    auto forms = std::array<msgpack_form, 256>{};
    for (std::size_t first = 0; first < forms.size(); ++first)
        forms[first] = form_of(first);
    return forms;
}();

// How far a value goes.
struct msgpack_passed
{
    std::byte const* at = nullptr; // behind it, or at the part that is broken
    std::uint64_t needed = 0;      // so many bytes that are not there; 0: none is missing
    bool unused = false;           // that part begins with a byte that no value does
};

[[nodiscard]] msgpack_passed pass(std::byte const* at, std::byte const* end) noexcept;

} // namespace paperboy::serde

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace paperboy::serde
{

// Whether there is a backslash in a string or up to seven bytes behind it, which have to be readable. Strings are
// mostly short, and for those this is faster than a search.
[[nodiscard]] inline bool may_have_backslash(std::string_view string) noexcept
{
    constexpr auto ones = std::uint64_t{0x0101'0101'0101'0101};
    auto found = std::uint64_t{0};
    for (std::size_t at = 0; at < string.size(); at += sizeof found)
    {
        auto word = std::uint64_t{0};
        std::memcpy(&word, string.data() + at, sizeof word);
        word ^= ones * '\\';
        found |= (word - ones) & ~word & (ones << 7U);
    }
    return found != 0;
}

// Writes the text of a JSON string, given without its quotes, to `into`, which has room for as many bytes and may not
// overlap it. Nothing: a backslash is followed by something wrong, or half a surrogate pair is missing.
[[nodiscard]] std::optional<std::string_view> unescape_json(std::string_view string, char* into) noexcept;

} // namespace paperboy::serde

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace paperboy::serde
{

// The most members that a struct may have in a format whose fields come in any order.
inline constexpr std::size_t most_fields = 256;

// Which fields of a struct were there.
class seen_fields
{
public:
    [[nodiscard]] bool has(std::size_t field) const noexcept { return (bits_[field / 64] >> (field % 64) & 1U) != 0; }
    void add(std::size_t field) noexcept { bits_[field / 64] |= std::uint64_t{1} << (field % 64); }

private:
    std::array<std::uint64_t, most_fields / 64> bits_{};
};

} // namespace paperboy::serde

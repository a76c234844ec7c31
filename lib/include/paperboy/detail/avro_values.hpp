#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace paperboy
{

/// Avro's decimal: an integer of any size, times 10 to the power of -scale.
struct avro_decimal
{
    /// Two's complement, big-endian; empty means 0.
    std::vector<std::byte> unscaled;

    /// Of the writer's schema. When written, the schema's scale has to be the same.
    int scale = 0;

    /// Its digits, for example "-12.50". Takes time that grows with the square of their number.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(avro_decimal const&, avro_decimal const&) = default;
};

/// Avro's duration: three counts that cannot be turned into each other.
struct avro_duration
{
    std::uint32_t months = 0;
    std::uint32_t days = 0;
    std::uint32_t milliseconds = 0;

    friend bool operator==(avro_duration const&, avro_duration const&) = default;
};

} // namespace paperboy

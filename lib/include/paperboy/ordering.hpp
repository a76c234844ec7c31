#pragma once

#include <string_view>

namespace paperboy
{

/// Which records of one partition wait for each other. Records of different partitions never do.
enum class ordering
{
    /// All: a record's hooks begin when those of the record before it have ended.
    partition,
    /// Those with the same key: awaitable hooks of different keys overlap. Records without a key wait for nobody.
    key,
    /// None: awaitable hooks of any records overlap.
    none,
};

/// The name of the ordering.
[[nodiscard]] std::string_view to_string(ordering order) noexcept;

} // namespace paperboy

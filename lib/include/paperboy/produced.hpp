#pragma once

#include <cstdint>

namespace paperboy
{

/// Where the broker put a record that was sent.
struct produced
{
    /// The partition of the producer's topic, 0 or greater.
    std::int32_t partition = -1;

    /// The record's offset in it, 0 or greater; -1 when the broker has it from an earlier attempt, and does not tell
    /// where.
    std::int64_t offset = -1;
};

} // namespace paperboy

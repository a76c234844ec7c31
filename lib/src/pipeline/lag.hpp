#pragma once

#include <algorithm>
#include <cstdint>

namespace paperboy::pipeline
{

// Records between the next offset to handle and the partition's end: 0 when caught up. After a truncation the end may
// lie before the position; that is no lag.
[[nodiscard]] constexpr std::int64_t lag(std::int64_t high_watermark, std::int64_t position) noexcept
{
    return std::max<std::int64_t>(0, high_watermark - position);
}

} // namespace paperboy::pipeline

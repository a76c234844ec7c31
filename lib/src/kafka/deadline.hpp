#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace paperboy::kafka
{

// What is left of a deadline, in milliseconds as librdkafka takes them: at least 1, since 0 means not to wait at all.
[[nodiscard]] inline int left_until(std::chrono::steady_clock::time_point deadline)
{
    auto const left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 1));
}

} // namespace paperboy::kafka

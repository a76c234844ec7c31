#pragma once

#include <cstddef>
#include <string>

namespace paperboy::kafka
{

// What the librdkafka at hand can do and how we therefore use it: every version-dependent choice is made here.
struct capabilities
{
    // As rd_kafka_version() numbers it: 0xMMmmrrxx.
    int version = 0;

    // Most messages to take from a queue in one call. Before 2.1.0 a batch call loses messages when a partition is
    // retained over a cooperative rebalance (librdkafka #4208), so there it is one.
    std::size_t fetch_limit = 0;

    // Whether the fetcher's pause after a full queue can be set (2.2.0); before, only a large queue avoids the stall.
    bool has_fetch_backoff = false;

    [[nodiscard]] std::string describe() const;
};

// The choices for a version, a batch size and an assignor's protocol.
[[nodiscard]] capabilities choose(int version, std::size_t batch_size, bool eager);

// The version of the library that is loaded.
[[nodiscard]] int loaded_version() noexcept;

} // namespace paperboy::kafka

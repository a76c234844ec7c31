#pragma once

#include <string>

namespace paperboy::kafka
{

// How a group shares its partitions.
enum class group_protocol
{
    // Everything is given back before it is shared anew.
    eager,
    // Only what moves is given back: the assignor cooperative-sticky.
    cooperative,
    // Likewise, decided by the brokers: group.protocol=consumer (KIP-848).
    consumer,
};

// What the librdkafka at hand can do and how we therefore use it: every version-dependent choice is made here.
struct capabilities
{
    // As rd_kafka_version() numbers it: 0xMMmmrrxx.
    int version = 0;

    // Whether the fetcher's pause after a full queue can be set (2.2.0); before, only a large queue avoids the stall.
    bool has_fetch_backoff = false;

    // Whether the group's protocol takes and gives single partitions, while the others go on.
    bool incremental = false;

    // Whether a member that closes before the group's first answer stays in the group until its session ends.
    bool must_join_to_leave = false;

    [[nodiscard]] std::string describe() const;
};

// The choices for a version and a protocol.
[[nodiscard]] capabilities choose(int version, group_protocol protocol);

// What the version gets wrong with the protocol, and what to do about it; empty: nothing that we know of.
[[nodiscard]] std::string unfit_for(int version, group_protocol protocol);

// The version of the library that is loaded.
[[nodiscard]] int loaded_version() noexcept;

} // namespace paperboy::kafka

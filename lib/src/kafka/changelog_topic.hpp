#pragma once

#include "kafka/client.hpp"

#include <paperboy/config.hpp>
#include <paperboy/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// A table's changelog topic: made where there is none, and looked at before it is trusted.
namespace paperboy::kafka
{

// What a table wants its changelog to be.
struct changelog_spec
{
    std::string topic;

    // As many as the source topic has; 1 or more.
    std::int32_t partitions = 1;

    // -1: the brokers' default. Only for a topic that is made here.
    std::int16_t replication_factor = -1;

    // Of a topic that is made here, as the brokers name them. `cleanup.policy` is "compact" unless it is given, and
    // must contain that; it is compared with the topic's, the others are not.
    properties topic_properties;

    // Only a topic that is made here has to have so many partitions.
    bool any_number = false;

    // False: a cluster that has no controller is not given time to get one.
    bool await_controller = true;
};

// What there is.
struct changelog_finding
{
    // Set: the topic cannot be used, and `text` says what was found, what was wanted, and the remedy.
    // errc::wrong_changelog for a topic that is not what the spec says, errc::invalid_config for a spec that cannot
    // work, else the brokers' own error. A `condition::retriable` one may succeed when it is asked again.
    error_code error;

    // With no error: empty, or what could not be checked and why, for the log.
    std::string text;

    // How many the topic has, when that is known.
    std::int32_t partitions = 0;

    // Whether it was made by this call.
    bool created = false;

    // What shard_store::clear is given. A topic that was deleted and made anew has another one, where that can be told:
    // before 2.3 librdkafka does not know the ids of topics, so those that are made here carry a number of their own,
    // as their retention.ms, which a compacted topic has no other use for. It goes with the topic, and every engine can
    // read it. A topic that was made otherwise, or with a retention.ms or a cleanup.policy with "delete" among its
    // properties, has the cluster's id and its name for an identity: that it was made anew shows only while it is
    // shorter than a stored offset.
    std::string identity;

    // How long a tombstone stays at least: the topic's delete.retention.ms, where that is known.
    std::optional<std::chrono::milliseconds> tombstones_stay;

    // No controller was found for as long as one is waited for.
    bool without_controller = false;
};

// Whether the topics of two changelog_finding::identity are two for certain: not when a cluster's id or a mark, which
// not every cluster tells every time, is missing from one of them.
[[nodiscard]] bool certainly_another(std::string_view one, std::string_view other) noexcept;

// Whether it tells all that an identity can.
[[nodiscard]] bool is_whole_identity(std::string_view identity) noexcept;

// Finds the topic; makes it where there is none, unless another engine is faster; waits until the brokers know it and
// its partitions have leaders; compares it with the spec. Blocks for about as long as until `deadline` at most: for a
// thread of its own. Of any kind of client; thread-safe.
[[nodiscard]] changelog_finding ensure_changelog(client const& of, changelog_spec const& spec,
                                                 std::chrono::steady_clock::time_point deadline);

// Only changelog_finding::identity, of a topic that is there; else, and when its settings are not told, the error.
// Blocks.
[[nodiscard]] changelog_finding identify_changelog(client const& of, std::string const& topic,
                                                   std::chrono::steady_clock::time_point deadline);

} // namespace paperboy::kafka

#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace paperboy
{

/// Names one partition of one topic.
///
/// A plain value: copyable, comparable, ordered by topic, then by partition.
/// Thread-safety: distinct objects are safe, shared objects are not.
struct topic_partition
{
    /// Name of the topic, as the broker spells it.
    std::string topic;

    /// Number of the partition, 0 or greater.
    std::int32_t partition = 0;

    topic_partition() = default;

    /// A partition by topic and number.
    topic_partition(std::string topic_name, std::int32_t partition_number)
        : topic{std::move(topic_name)}, partition{partition_number}
    {
    }

    friend bool operator==(topic_partition const&, topic_partition const&) = default;
    friend auto operator<=>(topic_partition const&, topic_partition const&) = default;
};

/// A partition with the offset of the next record, as commits carry it.
struct partition_offset
{
    /// Name of the topic, as the broker spells it.
    std::string topic;

    /// Number of the partition, 0 or greater.
    std::int32_t partition = 0;

    /// Offset of the next record to handle: one past the last finished record.
    std::int64_t offset = 0;

    partition_offset() = default;

    /// An offset by topic, number and offset.
    partition_offset(std::string topic_name, std::int32_t partition_number, std::int64_t next_offset)
        : topic{std::move(topic_name)}, partition{partition_number}, offset{next_offset}
    {
    }

    friend bool operator==(partition_offset const&, partition_offset const&) = default;
};

/// Writes `topic[partition]`, the form every log line and error text uses.
[[nodiscard]] std::string to_string(topic_partition const& where);

} // namespace paperboy

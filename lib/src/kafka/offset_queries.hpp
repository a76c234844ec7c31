#pragma once

#include "kafka/client.hpp"

#include <paperboy/topic_partition.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

// Questions to the brokers that block: for a thread of their own, never on a strand. Each answers within about its
// timeout, without what could not be learned.
namespace paperboy::kafka
{

// How long a question may take, and how long after one without an answer the next follows.
inline constexpr std::chrono::milliseconds query_timeout{2000};
inline constexpr std::chrono::milliseconds query_pause{200};

// The offset after each partition's last record, control records included. Partitions without an answer are left out.
[[nodiscard]] std::vector<partition_offset> end_offsets(client const& of, std::span<topic_partition const> partitions,
                                                        std::chrono::milliseconds timeout);

// The group's committed offset of each partition; 0 where nothing is committed; nothing at all without an answer.
[[nodiscard]] std::optional<std::vector<partition_offset>>
committed_offsets(client const& of, std::span<topic_partition const> partitions, std::chrono::milliseconds timeout);

// All partitions of the topics that `wanted` accepts; nothing at all without an answer.
[[nodiscard]] std::optional<std::vector<topic_partition>>
partitions_of(client const& of, std::function<bool(std::string_view)> const& wanted, std::chrono::milliseconds timeout);

} // namespace paperboy::kafka

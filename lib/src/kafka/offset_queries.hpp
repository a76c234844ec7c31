#pragma once

#include "kafka/client.hpp"

#include <paperboy/topic_partition.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Questions to the brokers that block: for a thread of their own, never on a strand. Each answers within about its
// timeout, without what could not be learned.
namespace paperboy::kafka
{

// The first partition of an answer that has an error, as a text; empty: none has. Where librdkafka tells but one error
// of the whole, as it does for an error within a broker's answer, the first that was asked about and how many others.
[[nodiscard]] std::string trouble_in(rd_kafka_resp_err_t whole, rd_kafka_topic_partition_list_t const& answer);

// How long a question may take, and how long after one without an answer the next follows.
inline constexpr std::chrono::milliseconds query_timeout{2000};
inline constexpr std::chrono::milliseconds query_pause{200};

// For a time of offsets_at: the offset of the oldest record, and the one after the last.
inline constexpr std::int64_t time_of_oldest = -2;
inline constexpr std::int64_t time_of_end = -1;

// Turns times (ms) into the offsets of the first records as late; -1 where there is none. False, with nothing changed,
// unless all are answered; then `why`, where given, is trouble_in()'s text.
[[nodiscard]] bool offsets_at(client const& of, std::map<topic_partition, std::int64_t>& times,
                              std::chrono::milliseconds timeout, std::string* why = nullptr);

// The offset after each partition's last record, control records included; 0 where there is no record. Nothing at all
// unless all are answered: whoever waits for all of them must not take some for all.
[[nodiscard]] std::optional<std::vector<partition_offset>>
end_offsets(client const& of, std::span<topic_partition const> partitions, std::chrono::milliseconds timeout);

// The group's committed offset of each partition; 0 where nothing is committed; nothing at all without an answer.
[[nodiscard]] std::optional<std::vector<partition_offset>>
committed_offsets(client const& of, std::span<topic_partition const> partitions, std::chrono::milliseconds timeout);

// All partitions of the topics that `wanted` accepts; nothing at all without an answer.
[[nodiscard]] std::optional<std::vector<topic_partition>>
partitions_of(client const& of, std::function<bool(std::string_view)> const& wanted, std::chrono::milliseconds timeout);

} // namespace paperboy::kafka

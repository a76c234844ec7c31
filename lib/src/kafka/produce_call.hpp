#pragma once

#include "kafka/handles.hpp"

#include <paperboy/detail/outgoing.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace paperboy::kafka
{

// Copies a record into librdkafka's queue. `ticket` comes back with its report.
[[nodiscard]] rd_kafka_resp_err_t produce(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                          detail::outgoing_view const& what, void* ticket);

// The same for several records of one partition, in one call; each tells its error.
void produce(rd_kafka_topic_t* topic, std::int32_t partition, std::span<rd_kafka_message_t> records);

// A record for that; it borrows the bytes.
[[nodiscard]] rd_kafka_message_t as_message(std::optional<std::string_view> const& key,
                                            std::optional<std::string_view> const& value);

} // namespace paperboy::kafka

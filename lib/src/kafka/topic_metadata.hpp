#pragma once

#include "kafka/handles.hpp"

#include <span>
#include <string>

namespace paperboy::kafka
{

// What the brokers say of one topic.
struct topic_metadata
{
    // Of the question, or of the topic.
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    std::span<struct rd_kafka_metadata_partition const> partitions;
    // What the partitions are a part of.
    metadata_handle whole;
};

// Blocks for `timeout` (ms) at the most.
[[nodiscard]] topic_metadata ask_topic_metadata(rd_kafka_t* client, std::string const& topic, int timeout);

} // namespace paperboy::kafka

#pragma once

#include <cstddef>
#include <cstdint>

namespace paperboy::detail
{

// One fetched record as librdkafka lays it out (`rd_kafka_message_t`, part of its stable ABI), so that views read the
// fields of the very message without a call and without its header; lib/src/kafka asserts that the layouts agree.
struct message
{
    int error;
    void* topic_handle;
    std::int32_t partition;
    void* value;
    std::size_t value_size;
    void* key;
    std::size_t key_size;
    std::int64_t offset;
    void* private_data;
};

} // namespace paperboy::detail

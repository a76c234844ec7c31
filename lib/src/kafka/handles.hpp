#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

// Every C object of librdkafka is owned by one of these.
namespace paperboy::kafka
{

template <auto Destroy>
struct destroy_with
{
    template <class T>
    void operator()(T* handle) const noexcept
    {
        Destroy(handle);
    }
};

using conf_handle = std::unique_ptr<rd_kafka_conf_t, destroy_with<&rd_kafka_conf_destroy>>;
using queue_handle = std::unique_ptr<rd_kafka_queue_t, destroy_with<&rd_kafka_queue_destroy>>;
using event_handle = std::unique_ptr<rd_kafka_event_t, destroy_with<&rd_kafka_event_destroy>>;
using error_handle = std::unique_ptr<rd_kafka_error_t, destroy_with<&rd_kafka_error_destroy>>;
using headers_handle = std::unique_ptr<rd_kafka_headers_t, destroy_with<&rd_kafka_headers_destroy>>;
using topic_handle = std::unique_ptr<rd_kafka_topic_t, destroy_with<&rd_kafka_topic_destroy>>;
using metadata_handle = std::unique_ptr<struct rd_kafka_metadata const, destroy_with<&rd_kafka_metadata_destroy>>;
using partition_list =
    std::unique_ptr<rd_kafka_topic_partition_list_t, destroy_with<&rd_kafka_topic_partition_list_destroy>>;

} // namespace paperboy::kafka

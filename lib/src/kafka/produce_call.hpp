#pragma once

#include "kafka/handles.hpp"

#include <paperboy/detail/outgoing.hpp>

namespace paperboy::kafka
{

// Copies a record into librdkafka's queue. `ticket` comes back with its report.
[[nodiscard]] rd_kafka_resp_err_t produce(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                          detail::outgoing_view const& what, void* ticket);

} // namespace paperboy::kafka

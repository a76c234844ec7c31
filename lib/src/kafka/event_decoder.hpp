#pragma once

#include "kafka/consumer_event.hpp"

#include <librdkafka/rdkafka.h>

namespace paperboy::kafka
{

// Turns librdkafka's event into a value; std::monostate for events that need no action.
[[nodiscard]] consumer_event decode(rd_kafka_t* client, rd_kafka_event_t* event);

} // namespace paperboy::kafka

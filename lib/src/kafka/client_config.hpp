#pragma once

#include "kafka/capabilities.hpp"
#include "kafka/handles.hpp"
#include "kafka/memory_plan.hpp"

#include <paperboy/config.hpp>

namespace paperboy::kafka
{

// The librdkafka configuration of a consumer whose topics have so many partitions, and that may take so much memory, 0
// for all of config::memory_limit. Throws setup_error for anything that cannot work.
[[nodiscard]] conf_handle make_consumer_conf(config const& settings, std::size_t partitions = usual_partitions,
                                             std::size_t memory = 0);

// The librdkafka configuration of the producer, likewise.
[[nodiscard]] conf_handle make_producer_conf(config const& settings);

// What the property max.poll.interval.ms is; of settings that make_consumer_conf accepts.
[[nodiscard]] std::chrono::milliseconds longest_hook(config const& settings);

// The choices for this configuration and the loaded librdkafka.
[[nodiscard]] capabilities choose_for(config const& settings);

} // namespace paperboy::kafka

#pragma once

#include "kafka/capabilities.hpp"
#include "kafka/handles.hpp"

#include <paperboy/config.hpp>

#include <functional>
#include <set>
#include <string>

namespace paperboy::kafka
{

// Sets one property; throws setup_error with librdkafka's reason, or with the nearest known name when there is none
// of this name.
void set(conf_handle const& conf, char const* name, std::string const& value);

// The value that a property has now; empty when it has none, or is unknown.
[[nodiscard]] std::string get(rd_kafka_conf_t const* conf, char const* name);

// Throws setup_error for properties that the engine must own, or that contradict a field of the configuration.
void check_properties(config const& settings);

// The same for config::producer.
void check_producer_properties(config const& settings);

// How the group shares its partitions.
[[nodiscard]] group_protocol protocol_of(config const& settings);

// The properties that consumers and producers both have.
[[nodiscard]] std::set<std::string, std::less<>> shared_properties();

} // namespace paperboy::kafka

#pragma once

#include "kafka/handles.hpp"

#include <paperboy/config.hpp>

namespace paperboy::kafka
{

// The librdkafka configuration of a consumer that is in no group, for questions and for reading from given offsets.
// Throws setup_error for anything that cannot work.
[[nodiscard]] conf_handle make_groupless_conf(config settings);

} // namespace paperboy::kafka

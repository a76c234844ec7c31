#pragma once

#include "throughput/consumers.hpp"

namespace paperboy::bench
{

// From topic to topic: each record, key and value, into the same partition of another topic; an input is committed when
// its output is acknowledged. By hand: the batch loop and rd_kafka_produce_batch, a flush and a commit every second.
[[nodiscard]] measurement transform_raw(options const& from);

// The same by an engine's hook and tracked sends.
[[nodiscard]] measurement transform(options const& from);

} // namespace paperboy::bench

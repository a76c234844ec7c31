#pragma once

#include "throughput/consumers.hpp"

namespace paperboy::bench
{

// Counting json400 or zipf400 per key, every change in a changelog. By hand: a hash map, the batch loop and
// rd_kafka_produce_batch, a flush and a commit every second. With RocksDB: a sorted file of what changed since the last
// one goes with it. Coalesced: one change per key and batch.
[[nodiscard]] measurement count_raw(options const& from);
[[nodiscard]] measurement count_raw_coalesced(options const& from);
[[nodiscard]] measurement count_raw_rocksdb(options const& from);
[[nodiscard]] measurement count_raw_rocksdb_coalesced(options const& from);

// The same by an engine's table.
[[nodiscard]] measurement count_memory(options const& from);
[[nodiscard]] measurement count_memory_coalesced(options const& from);
[[nodiscard]] measurement count_rocksdb(options const& from);
[[nodiscard]] measurement count_rocksdb_coalesced(options const& from);

// Reading a changelog into a hash map, or sorted into files of RocksDB, by hand and by an engine's table.
[[nodiscard]] measurement restore_raw(options const& from);
[[nodiscard]] measurement restore_raw_rocksdb(options const& from);
[[nodiscard]] measurement restore_memory(options const& from);
[[nodiscard]] measurement restore_rocksdb(options const& from);

// An engine that comes back to a table on disk, whose last checkpoint lacks the last 1,000 records of each partition.
[[nodiscard]] measurement restart_rocksdb(options const& from);

} // namespace paperboy::bench

#pragma once

#include "rocksdb/column_family.hpp"

#include <paperboy/shard_store.hpp>

#include <rocksdb/status.h>

#include <span>
#include <string_view>

namespace paperboy::rocksdb_detail
{

// Makes a file of the changes and the shard's state, and the file a part of the column family: all of it or nothing,
// and on the disk when it returns. Throws nothing of RocksDB's.
[[nodiscard]] rocksdb::Status ingest_sorted_file(column_family& into, std::span<shard_change const> changes,
                                                 std::string_view state, bool with_tombstones);

} // namespace paperboy::rocksdb_detail

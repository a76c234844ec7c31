#pragma once

#include <paperboy/shard_store.hpp>

#include <rocksdb/status.h>

#include <string>

namespace paperboy::rocksdb_detail
{

// What a status that is not ok means to a store.
[[nodiscard]] store_failure failure_of(rocksdb::Status const& status) noexcept;

// `doing` names the place: "cannot write shard 3 of table counts in /var/lib/x".
[[nodiscard]] store_error make_error(rocksdb::Status const& status, std::string const& doing);

} // namespace paperboy::rocksdb_detail

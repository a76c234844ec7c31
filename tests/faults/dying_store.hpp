#pragma once

#include <paperboy/shard_store.hpp>

#include <memory>
#include <string>

namespace faults
{

// RocksDB, where each checkpoint becomes a file. With `die_at` the process kills itself in so many-th checkpoint:
// before it is written, or behind that when the number is negative; 0 is never. Throws where RocksDB was not built in.
[[nodiscard]] std::shared_ptr<paperboy::shard_store_provider> open_dying_store(std::string const& directory,
                                                                               int die_at);

} // namespace faults

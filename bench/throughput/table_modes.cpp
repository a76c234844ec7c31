#include "throughput/table_modes.hpp"

namespace paperboy::bench
{

std::vector<mode> table_modes()
{
    return {{"count-raw", count_raw, "count-raw", true},
            {"count-memory", count_memory, "count-raw", true},
            {"count-raw-coalesced", count_raw_coalesced, "count-raw-coalesced", true},
            {"count-memory-coalesced", count_memory_coalesced, "count-raw-coalesced", true},
            {"count-raw-rocksdb", count_raw_rocksdb, "count-raw-rocksdb", true},
            {"count-rocksdb", count_rocksdb, "count-raw-rocksdb", true},
            {"count-raw-rocksdb-coalesced", count_raw_rocksdb_coalesced, "count-raw-rocksdb-coalesced", true},
            {"count-rocksdb-coalesced", count_rocksdb_coalesced, "count-raw-rocksdb-coalesced", true},
            {"restore-raw", restore_raw, "restore-raw"},
            {"restore-memory", restore_memory, "restore-raw"},
            {"restore-raw-rocksdb", restore_raw_rocksdb, "restore-raw-rocksdb"},
            {"restore-rocksdb", restore_rocksdb, "restore-raw-rocksdb"},
            {"restart", restart_rocksdb, "restart"}};
}

} // namespace paperboy::bench

#pragma once

#include <paperboy/logger.hpp>
#include <paperboy/shard_store.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

/// Component `rocksdb`: link paperboy::rocksdb, which needs RocksDB.

namespace rocksdb
{
struct ColumnFamilyOptions;
struct DBOptions;
} // namespace rocksdb

namespace paperboy
{

/// How the tables of an engine are kept on disk. Meant for designated initialisers.
struct rocksdb_options
{
    /// The cache of blocks of files, with their indexes and filters, in bytes; shared by all shards. At least 1 MiB.
    /// Counted in `config::memory_limit`, together with `write_buffer_bytes`: both may be half of it at most.
    std::size_t block_cache_bytes = std::size_t{64} << 20U;

    /// What small checkpoints of all shards together may take in memory before they are written to files, in bytes. At
    /// least 1 MiB. Counted in `config::memory_limit`, together with `block_cache_bytes`.
    std::size_t write_buffer_bytes = std::size_t{16} << 20U;

    /// A checkpoint of at least so many bytes becomes a file of its own at once; smaller ones are collected in memory.
    std::size_t ingest_bytes = std::size_t{256} << 10U;

    /// How long small checkpoints of a shard are collected at most; looked at with each of them, so the last ones of a
    /// shard that has become idle stay in memory until something else writes them. A process that dies has their
    /// changes to read from the changelog again; one that ends cleanly has not.
    std::chrono::milliseconds flush_interval{30'000};

    /// Where log lines go: that something on disk was damaged, and thrown away. Called from the threads of the stores
    /// and of RocksDB.
    logger log = {};

    /// Changes any option of the database, when paperboy has set its own and before it is opened. Include
    /// <rocksdb/options.h> for it.
    std::function<void(rocksdb::DBOptions&)> edit_database = {};

    /// Likewise the options of a table's shards. The order of keys (`comparator`) must stay as it is.
    std::function<void(std::string_view table, rocksdb::ColumnFamilyOptions&)> edit_shards = {};
};

/// Opens the RocksDB database that keeps an engine's tables in `directory`, or makes it; give what it returns to all
/// tables of the engine. One database holds all their shards, a column family each, so that they share the cache, the
/// write buffers, and RocksDB's threads. It is closed when the last who has it lets it go; a shard of a partition that
/// is given up stays, for when the partition returns.
///
/// Nothing is written ahead: what a process that dies has not written to files yet, the changelog has. Whatever
/// happens, a shard is found as it was after some checkpoint, whole, with the offset that belongs to it.
///
/// A database that is damaged is thrown away, and logged: the shards are empty then, and are filled from their
/// changelogs. On a full disk checkpoints fail. RocksDB looks every five seconds whether a quarter of
/// `write_buffer_bytes`, and at least 1 MiB, is free again, and goes on then; after another error of writing it does so
/// only when the directory is opened anew. The directory should not hold anything else, and must support hard links and
/// `flock`.
///
/// Throws `setup_error` (`errc::invalid_config`) for an option outside its range, and `store_error`: `in_use` when
/// another process has the directory, or this one has opened it already; `unusable` when it cannot be read or written.
/// Blocks while the files are opened.
[[nodiscard]] std::shared_ptr<shard_store_provider> open_rocksdb(std::filesystem::path const& directory,
                                                                 rocksdb_options options = {});

} // namespace paperboy

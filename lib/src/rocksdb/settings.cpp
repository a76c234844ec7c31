#include "rocksdb/settings.hpp"

#include <paperboy/error.hpp>

#include <rocksdb/comparator.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <string>
#include <utility>

namespace paperboy::rocksdb_detail
{
namespace
{

constexpr auto mebibyte = std::size_t{1} << 20U;
constexpr auto bits_per_key = 10;
// A shard takes memory in pieces of this size, and there may be hundreds.
constexpr auto arena_block = std::size_t{32} << 10U;
// RocksDB takes no less.
constexpr auto least_write_buffer = std::size_t{64} << 10U;

void require_mebibyte(std::size_t value, std::string_view name)
{
    if (value < mebibyte)
        throw setup_error{errc::invalid_config, "rocksdb_options::" + std::string{name} + " is " +
                                                    std::to_string(value) + "; give at least 1048576 (1 MiB)"};
}

[[nodiscard]] rocksdb::CompressionType cheapest_compression()
{
    auto const supported = rocksdb::GetSupportedCompressions();
    return std::ranges::find(supported, rocksdb::kLZ4Compression) != supported.end() ? rocksdb::kLZ4Compression
                                                                                     : rocksdb::kNoCompression;
}

} // namespace

settings::settings(rocksdb_options options) : given_{std::move(options)}
{
    require_mebibyte(given_.block_cache_bytes, "block_cache_bytes");
    require_mebibyte(given_.write_buffer_bytes, "write_buffer_bytes");
    cache_ = rocksdb::NewLRUCache(given_.block_cache_bytes);
    write_buffers_ = std::make_shared<rocksdb::WriteBufferManager>(given_.write_buffer_bytes);
}

rocksdb::DBOptions settings::database() const
{
    auto options = rocksdb::DBOptions{};
    options.write_buffer_manager = write_buffers_;
    options.skip_stats_update_on_db_open = true;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    options.info_log_level = rocksdb::WARN_LEVEL;
    options.keep_log_file_num = 2;
    options.max_log_file_size = mebibyte;
    if (given_.edit_database)
        given_.edit_database(options);
    return options;
}

rocksdb::ColumnFamilyOptions settings::shards(std::string_view table) const
{
    auto blocks = rocksdb::BlockBasedTableOptions{};
    blocks.block_cache = cache_;
    blocks.cache_index_and_filter_blocks = true;
    blocks.pin_l0_filter_and_index_blocks_in_cache = true;
    blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(bits_per_key));
    blocks.format_version = 5;

    auto options = rocksdb::ColumnFamilyOptions{};
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
    options.write_buffer_size = std::max(given_.write_buffer_bytes / 4, mebibyte);
    options.arena_block_size = arena_block;
    options.compression = cheapest_compression();
    if (given_.edit_shards)
        given_.edit_shards(table, options);
    if (options.comparator != rocksdb::BytewiseComparator())
        throw setup_error{errc::invalid_config, "rocksdb_options::edit_shards has set another comparator for table " +
                                                    std::string{table} +
                                                    "; leave it as it was: tables are walked in "
                                                    "the order of their keys' bytes"};
    return options;
}

// After a full disk RocksDB writes again when there is room for the largest write buffer of those it was opened with:
// 64 MiB if this one had RocksDB's default.
rocksdb::ColumnFamilyOptions settings::unused()
{
    auto options = rocksdb::ColumnFamilyOptions{};
    options.write_buffer_size = least_write_buffer;
    return options;
}

} // namespace paperboy::rocksdb_detail

#include "rocksdb/settings.hpp"

#include <paperboy/error.hpp>

#include <rocksdb/comparator.h>
#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
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

// RocksDB's own log, given on. It would be a file beside the tables otherwise: on a full disk a line of it cannot be
// written, and the next one aborts the process where RocksDB is built with assertions, as Debian's 7.8 is.
class given_on : public rocksdb::Logger
{
public:
    explicit given_on(logger to) : rocksdb::Logger{rocksdb::WARN_LEVEL}, to_{std::move(to)} {}

    using rocksdb::Logger::Logv;
    void Logv(char const* format, va_list arguments) override
    {
        auto line = std::array<char, 1024>{};
        if (std::vsnprintf(line.data(), line.size(), format, arguments) > 0)
            to_(log_level::debug, std::string{"rocksdb: "} + line.data());
    }

private:
    logger to_;
};

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
    options.info_log = std::make_shared<given_on>(given_.log);
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

#pragma once

#include <paperboy/rocksdb_store.hpp>

#include <rocksdb/cache.h>
#include <rocksdb/options.h>
#include <rocksdb/write_buffer_manager.h>

#include <memory>
#include <string_view>

namespace paperboy::rocksdb_detail
{

// The user's options, and what follows from them for RocksDB.
class settings
{
public:
    // Throws setup_error.
    explicit settings(rocksdb_options options);

    [[nodiscard]] rocksdb_options const& given() const noexcept { return given_; }
    [[nodiscard]] rocksdb::DBOptions database() const;
    [[nodiscard]] rocksdb::ColumnFamilyOptions shards(std::string_view table) const;
    // Of the column family that every database has, and that stays empty.
    [[nodiscard]] static rocksdb::ColumnFamilyOptions unused();
    [[nodiscard]] std::size_t memory_bytes() const noexcept
    {
        return given_.block_cache_bytes + given_.write_buffer_bytes;
    }
    [[nodiscard]] store_memory memory_now() const
    {
        auto now = store_memory{};
        now.cached = cache_->GetUsage();
        now.pinned = cache_->GetPinnedUsage();
        now.cache_limit = cache_->GetCapacity();
        now.unwritten = write_buffers_->memory_usage();
        now.unwritten_limit = write_buffers_->buffer_size();
        return now;
    }

private:
    rocksdb_options given_;
    std::shared_ptr<rocksdb::Cache> cache_;
    std::shared_ptr<rocksdb::WriteBufferManager> write_buffers_;
};

} // namespace paperboy::rocksdb_detail

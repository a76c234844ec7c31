#pragma once

#include "rocksdb/directory_lock.hpp"
#include "rocksdb/settings.hpp"

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace paperboy::rocksdb_detail
{

// Whether RocksDB ever stopped to write because of an error.
class stops : public rocksdb::EventListener
{
public:
    void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status*) override { any_ = true; }
    [[nodiscard]] bool any() const noexcept { return any_.load(std::memory_order_acquire); }

private:
    std::atomic<bool> any_ = false;
};

// A database of RocksDB, and its column families that nobody uses at the moment. Thread-safe.
class database
{
public:
    using handle = std::unique_ptr<rocksdb::ColumnFamilyHandle>;

    // Opens what is in `directory`, makes it when the directory is not there. Throws store_error. `lock` is held until
    // the database is closed.
    database(std::filesystem::path directory, std::shared_ptr<directory_lock> lock,
             std::shared_ptr<settings const> how);
    database(database const&) = delete;
    database& operator=(database const&) = delete;
    // Closes it; removes it when it is broken.
    ~database();

    [[nodiscard]] rocksdb::DB& operator*() const noexcept { return *db_; }
    [[nodiscard]] rocksdb::DB* operator->() const noexcept { return db_.get(); }

    // Whether files may be taken in.
    //
    // 1. The disk is full: RocksDB stops all writes. 2. There is room again: it writes again, and clears the error, but
    // not the flag that it has stopped (7.8; later versions do). 3. A file that is to be taken in finds the flag and
    // returns the error, which is none, before it has a number; and flushes find it and do not wait. So the file is
    // number 0, as the next will be, and may pass by older changes in memory.
    // Batches do not look at the flag: from the first error on all changes go that way.
    [[nodiscard]] bool may_ingest() const noexcept { return !stops_->any(); }
    [[nodiscard]] settings const& how() const noexcept { return *how_; }
    [[nodiscard]] std::filesystem::path const& directory() const noexcept { return directory_; }

    // The column family of this name, a new one where there is none; throws store_error when it is taken already.
    [[nodiscard]] handle take(std::string const& name);
    void give_back(std::string const& name, handle family);
    // Nobody can read it any more but who has it.
    [[nodiscard]] rocksdb::Status drop(std::string const& name, rocksdb::ColumnFamilyHandle& family);

    // Nothing can be written any more, and it is not to be opened again.
    void broke() noexcept;
    [[nodiscard]] bool broken() const noexcept { return broken_.load(std::memory_order_relaxed); }

    // Where a file can be written that is to be ingested.
    [[nodiscard]] std::filesystem::path incoming_file();

private:
    void open(bool make);
    [[nodiscard]] rocksdb::ColumnFamilyOptions options_of(std::string const& name) const;

    std::filesystem::path directory_;
    std::shared_ptr<directory_lock> lock_;
    std::shared_ptr<settings const> how_;
    std::shared_ptr<stops> stops_ = std::make_shared<stops>();
    std::unique_ptr<rocksdb::DB> db_;
    handle unused_;
    std::atomic<bool> broken_ = false;
    std::atomic<std::uint64_t> files_ = 0;

    std::mutex mutex_;
    // Null where it is taken.
    std::map<std::string, handle, std::less<>> families_;
};

// The name of a shard's column family, and the table of such a name.
[[nodiscard]] std::string family_name(std::string_view table, std::int32_t partition);
[[nodiscard]] std::string_view table_of(std::string_view family) noexcept;

} // namespace paperboy::rocksdb_detail

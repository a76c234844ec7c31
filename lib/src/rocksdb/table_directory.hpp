#pragma once

#include "rocksdb/column_family.hpp"
#include "rocksdb/database.hpp"
#include "rocksdb/settings.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace paperboy::rocksdb_detail
{

// A directory with the database of an engine's tables, in a subdirectory db-NUMBER: a database that is found broken is
// replaced by one with the next number, while others may still look at the old one. Thread-safe.
class table_directory
{
public:
    // Throws store_error.
    table_directory(std::filesystem::path directory, std::shared_ptr<settings const> how);

    // The column family of this name; throws store_error.
    [[nodiscard]] std::shared_ptr<column_family> open(std::string const& name);

private:
    void open_latest();
    void make_next();

    std::filesystem::path directory_;
    std::shared_ptr<settings const> how_;
    std::shared_ptr<directory_lock> lock_;

    std::mutex mutex_;
    std::uint64_t number_ = 0;
    std::shared_ptr<database> database_;
};

// The subdirectory with the database, which need not be whole; nothing where there is none.
[[nodiscard]] std::optional<std::filesystem::path> latest_database(std::filesystem::path const& directory);

} // namespace paperboy::rocksdb_detail

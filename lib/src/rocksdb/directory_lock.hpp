#pragma once

#include <filesystem>

namespace paperboy::rocksdb_detail
{

// Holds a directory for one user, in whatever process. RocksDB has a lock of its own, but moves files before it takes
// it.
class directory_lock
{
public:
    // Throws store_error.
    explicit directory_lock(std::filesystem::path const& directory);
    directory_lock(directory_lock const&) = delete;
    directory_lock& operator=(directory_lock const&) = delete;
    ~directory_lock();

private:
    int descriptor_;
};

} // namespace paperboy::rocksdb_detail

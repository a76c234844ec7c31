#pragma once

#include <paperboy/shard_store.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Component `rocksdb`: link paperboy::rocksdb, which needs RocksDB.

namespace paperboy
{

/// A shard in a directory of tables (`open_rocksdb`).
struct stored_shard
{
    /// The table's name.
    std::string table;
    /// The partition's number, 0 or greater.
    std::int32_t partition = 0;

    /// The changelog offset that follows the last change which the shard holds; `std::nullopt`: it is empty, or its
    /// record of that cannot be read.
    std::optional<std::int64_t> next_offset;

    /// Which changelog topic the offset belongs to.
    std::string changelog_identity;

    /// RocksDB's estimate of how many entries there are.
    std::uint64_t entries = 0;

    /// What its files take on the disk, in bytes, and how many there are.
    std::uint64_t bytes = 0;
    /// How many files it has.
    std::size_t files = 0;
};

/// A file whose bytes are not those that were written.
struct damaged_file
{
    /// Where it is.
    std::filesystem::path file;

    /// Whose it is; the table is empty where that is not known.
    std::string table;
    /// The partition; -1 where that is not known.
    std::int32_t partition = -1;

    /// What RocksDB says of it.
    std::string text;
};

/// Looks at the tables in a directory without changing anything: unlike `open_rocksdb`, it throws nothing away that is
/// damaged. No engine may use the directory meanwhile.
///
/// Functions throw `store_error`: `damaged` where something that was asked for cannot be read.
/// Thread-safety: distinct objects are safe, shared objects are not.
class rocksdb_inspection
{
public:
    /// Opens what is there. Throws `store_error`: `in_use` when an engine has the directory, `unusable` when there are
    /// no tables in it, `damaged` when what says which files there are cannot be read; then the text names it.
    explicit rocksdb_inspection(std::filesystem::path const& directory);
    /// Takes the other's tables; the other may only be destroyed or assigned to.
    rocksdb_inspection(rocksdb_inspection&&) noexcept;
    /// The same; what was open here is closed.
    rocksdb_inspection& operator=(rocksdb_inspection&&) noexcept;
    ~rocksdb_inspection();

    /// All shards, by table and partition.
    [[nodiscard]] std::vector<stored_shard> shards() const;

    /// Reads all files of all shards, and compares their blocks with their checksums.
    [[nodiscard]] std::vector<damaged_file> check_files() const;

    /// The value of a key's bytes in a shard; nothing where there is none.
    [[nodiscard]] std::optional<std::string> get(stored_shard const& shard, std::string_view key) const;

    /// Calls `each` with the entries of a shard, from the key `from` on in the order of the keys' bytes, until it
    /// returns false.
    void walk(stored_shard const& shard, std::string_view from,
              std::function<bool(std::string_view key, std::string_view value)> const& each) const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace paperboy

#include "rocksdb/sorted_file.hpp"

#include "rocksdb/stored_keys.hpp"

#include <rocksdb/sst_file_writer.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace paperboy::rocksdb_detail
{
namespace
{

// Removed in the end, if it was not moved.
class temporary_file
{
public:
    explicit temporary_file(std::filesystem::path path) : path_{std::move(path)} {}
    temporary_file(temporary_file const&) = delete;
    temporary_file& operator=(temporary_file const&) = delete;
    ~temporary_file()
    {
        auto ignored = std::error_code{};
        std::filesystem::remove(path_, ignored);
    }

    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

[[nodiscard]] rocksdb::Status write_all(rocksdb::SstFileWriter& to, std::span<shard_change const> changes,
                                        std::string_view state, bool with_tombstones)
{
    auto room = std::string{};
    auto status = to.Put(state_key, state);
    for (auto const& each : changes)
    {
        if (!status.ok())
            return status;
        if (each.value)
            status = to.Put(stored_key(each.key, room), *each.value);
        else if (with_tombstones)
            status = to.Delete(stored_key(each.key, room));
    }
    return status.ok() ? to.Finish() : status;
}

} // namespace

rocksdb::Status ingest_sorted_file(column_family& into, std::span<shard_change const> changes, std::string_view state,
                                   bool with_tombstones)
{
    auto const options = into.db().GetOptions(into.handle());
    auto const file = temporary_file{into.of()->incoming_file()};
    auto writer = rocksdb::SstFileWriter{rocksdb::EnvOptions{options}, options, into.handle()};
    auto status = writer.Open(file.path());
    if (status.ok())
        status = write_all(writer, changes, state, with_tombstones);
    if (!status.ok())
        return status;
    auto how = rocksdb::IngestExternalFileOptions{};
    how.move_files = true;
    how.write_global_seqno = false;
    return into.db().IngestExternalFile(into.handle(), {file.path()}, how);
}

} // namespace paperboy::rocksdb_detail

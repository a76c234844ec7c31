#include "rocksdb/failures.hpp"

#include <string_view>

namespace paperboy::rocksdb_detail
{
namespace
{

[[nodiscard]] std::string_view remedy(rocksdb::Status const& status) noexcept
{
    switch (failure_of(status))
    {
    case store_failure::in_use:
        return "close the other program that has it open";
    case store_failure::damaged:
        return "it is thrown away, and filled again from the changelog";
    case store_failure::unusable:
        break;
    }
    return status.IsNoSpace() ? "make room on its file system"
                              : "see to it that the directory can be read and written; if it was, RocksDB's log, at "
                                "level debug, says more";
}

} // namespace

store_failure failure_of(rocksdb::Status const& status) noexcept
{
    // A file that is not there is damage: the database remembers which it has.
    if (status.IsCorruption() || status.IsPathNotFound() || status.IsNotSupported())
        return store_failure::damaged;
    auto const text = status.IsIOError() ? status.ToString() : std::string{};
    if (text.find("While lock file") != std::string::npos || text.find("lock hold by") != std::string::npos)
        return store_failure::in_use;
    return store_failure::unusable;
}

store_error make_error(rocksdb::Status const& status, std::string const& doing)
{
    return store_error{failure_of(status), doing + ": " + status.ToString() + "; " + std::string{remedy(status)}};
}

} // namespace paperboy::rocksdb_detail

#include "rocksdb/directory_lock.hpp"

#include <paperboy/shard_store.hpp>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace paperboy::rocksdb_detail
{
namespace
{

constexpr auto readable_by_all = 0644;

[[nodiscard]] std::string reason(int number)
{
    return std::generic_category().message(number);
}

// The process that holds it wrote its number there.
[[nodiscard]] std::string owner(int descriptor)
{
    auto text = std::array<char, 32>{};
    auto const got = ::pread(descriptor, text.data(), text.size(), 0);
    auto const number = std::string{text.data(), got > 0 ? static_cast<std::size_t>(got) : 0U};
    if (number == std::to_string(::getpid()))
        return "this process has opened it already";
    return number.empty() ? "another process has opened it" : "process " + number + " has opened it";
}

void write_owner(int descriptor)
{
    auto const number = std::to_string(::getpid());
    // For the text of an error only.
    if (::ftruncate(descriptor, 0) == 0)
        static_cast<void>(::pwrite(descriptor, number.data(), number.size(), 0) == 0);
}

} // namespace

directory_lock::directory_lock(std::filesystem::path const& directory)
{
    auto const file = directory / "paperboy.lock";
    descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, readable_by_all);
    if (descriptor_ < 0)
        throw store_error{store_failure::unusable, "cannot write " + file.string() + ": " + reason(errno) +
                                                       "; tables need a directory that this process may write to"};
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0)
    {
        write_owner(descriptor_);
        return;
    }
    auto const number = errno;
    auto const who = owner(descriptor_);
    ::close(descriptor_);
    if (number != EWOULDBLOCK)
        throw store_error{store_failure::unusable, "cannot lock " + file.string() + ": " + reason(number) +
                                                       "; tables need a directory on a local file system"};
    throw store_error{store_failure::in_use,
                      "the tables' directory " + directory.string() + " is in use: " + who +
                          "; give each engine a directory of its own, and all tables of an engine what one "
                          "open_rocksdb has returned"};
}

directory_lock::~directory_lock()
{
    ::close(descriptor_);
}

} // namespace paperboy::rocksdb_detail

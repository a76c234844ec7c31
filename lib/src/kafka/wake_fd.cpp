#include "kafka/wake_fd.hpp"

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstdint>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace paperboy::kafka
{
namespace
{

int checked_eventfd(int fd)
{
    if (fd == -1)
        throw boost::system::system_error{{errno, boost::system::system_category()}, "paperboy: no eventfd"};
    return fd;
}

} // namespace

int make_wake_fd()
{
    return checked_eventfd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

void read_wake_fd(int fd) noexcept
{
    auto count = std::uint64_t{};
    [[maybe_unused]] auto const got = ::read(fd, &count, sizeof count);
}

wake_fd::wake_fd(int of) : fd_{checked_eventfd(::fcntl(of, F_DUPFD_CLOEXEC, 0))} {}

wake_fd::~wake_fd()
{
    ::close(fd_);
}

void wake_fd::wake() const noexcept
{
    auto const one = std::uint64_t{1};
    [[maybe_unused]] auto const written = ::write(fd_, &one, sizeof one);
}

} // namespace paperboy::kafka

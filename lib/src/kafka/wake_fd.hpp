#pragma once

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstdint>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace paperboy::kafka
{

[[nodiscard]] inline int checked_eventfd(int fd)
{
    if (fd == -1)
        throw boost::system::system_error{{errno, boost::system::system_category()}, "paperboy: no eventfd"};
    return fd;
}

// An eventfd for an executor to wait for; whoever gets it closes it.
[[nodiscard]] inline int make_wake_fd()
{
    return checked_eventfd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

// Takes what was written to it.
inline void read_wake_fd(int fd) noexcept
{
    auto count = std::uint64_t{};
    [[maybe_unused]] auto const got = ::read(fd, &count, sizeof count);
}

// Another descriptor of an eventfd, for a thread that wakes whoever waits for it: either side may go first.
class wake_fd
{
public:
    explicit wake_fd(int of) : fd_{checked_eventfd(::fcntl(of, F_DUPFD_CLOEXEC, 0))} {}
    wake_fd(wake_fd const&) = delete;
    wake_fd& operator=(wake_fd const&) = delete;
    ~wake_fd() { ::close(fd_); }

    void wake() const noexcept
    {
        auto const one = std::uint64_t{1};
        [[maybe_unused]] auto const written = ::write(fd_, &one, sizeof one);
    }

private:
    int fd_;
};

} // namespace paperboy::kafka

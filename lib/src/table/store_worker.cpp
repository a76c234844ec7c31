#include "table/store_worker.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace paperboy::tables
{
namespace
{

int checked(int fd)
{
    if (fd == -1)
        throw boost::system::system_error{{errno, boost::system::system_category()}, "paperboy: no eventfd"};
    return fd;
}

} // namespace

// Shared with the queue's thread, which may be left behind: it has a descriptor of its own.
struct store_worker::signal
{
    explicit signal(int of) : fd{checked(::fcntl(of, F_DUPFD_CLOEXEC, 0))} {}
    signal(signal const&) = delete;
    signal& operator=(signal const&) = delete;
    ~signal() { ::close(fd); }

    void done()
    {
        auto const one = std::uint64_t{1};
        {
            auto const lock = std::scoped_lock{guard};
            ++count;
        }
        [[maybe_unused]] auto const written = ::write(fd, &one, sizeof one);
    }

    // What the work has written is visible by this lock, not by the descriptor.
    [[nodiscard]] std::size_t take()
    {
        auto const lock = std::scoped_lock{guard};
        return std::exchange(count, 0);
    }

    int fd;
    std::mutex guard;
    std::size_t count = 0;
};

store_worker::store_worker(boost::asio::any_io_executor strand, std::shared_ptr<store_queue> queue)
    : strand_{std::move(strand)}, queue_{std::move(queue)},
      told_{strand_, checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))},
      signal_{std::make_shared<signal>(told_.native_handle())}
{
}

void store_worker::run(std::string what, std::function<void()> work, std::function<void()> done)
{
    {
        auto const lock = std::scoped_lock{guard_};
        open_.push_back(std::move(done));
        queue_->run(std::move(what),
                    [work = std::move(work), told = signal_]() mutable
                    {
                        work();
                        work = nullptr;
                        told->done();
                    });
    }
    boost::asio::post(strand_,
                      [weak = weak_from_this()]
                      {
                          if (auto const self = weak.lock())
                              self->wait();
                      });
}

void store_worker::wait()
{
    if (std::exchange(waiting_, true))
        return;
    told_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [weak = weak_from_this()](boost::system::error_code error)
                     {
                         auto const self = weak.lock();
                         if (self && !error)
                             self->tell();
                     });
}

void store_worker::tell()
{
    waiting_ = false;
    auto count = std::uint64_t{};
    [[maybe_unused]] auto const got = ::read(told_.native_handle(), &count, sizeof count);
    auto done = std::vector<std::function<void()>>{};
    auto more = false;
    {
        auto const lock = std::scoped_lock{guard_};
        for (auto left = signal_->take(); left > 0; --left)
        {
            done.push_back(std::move(open_.front()));
            open_.pop_front();
        }
        more = !open_.empty();
    }
    if (more)
        wait();
    for (auto const& each : done)
        each();
}

} // namespace paperboy::tables

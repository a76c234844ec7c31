#include "table/store_worker.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstdint>
#include <utility>

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace paperboy::tables
{
namespace
{

int make_signal()
{
    auto const fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd == -1)
        throw boost::system::system_error{{errno, boost::system::system_category()}, "paperboy: no eventfd"};
    return fd;
}

} // namespace

store_worker::store_worker(boost::asio::any_io_executor strand)
    : strand_{std::move(strand)}, signal_{strand_, make_signal()}
{
}

store_worker::~store_worker()
{
    {
        auto const lock = std::scoped_lock{guard_};
        ended_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void store_worker::run(std::function<void()> work, std::function<void()> done)
{
    {
        auto const lock = std::scoped_lock{guard_};
        jobs_.push_back({std::move(work), std::move(done)});
        ++open_;
        if (!thread_.joinable())
            thread_ = std::thread{[this] { loop(); }};
    }
    changed_.notify_one();
    boost::asio::post(strand_,
                      [weak = weak_from_this()]
                      {
                          if (auto const self = weak.lock())
                              self->wait();
                      });
}

void store_worker::loop()
{
    pthread_setname_np(pthread_self(), "paperboy-store");
    auto lock = std::unique_lock{guard_};
    while (true)
    {
        changed_.wait(lock, [this] { return ended_ || !jobs_.empty(); });
        if (ended_)
            return;
        auto next = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        next.work();
        next.work = nullptr;
        lock.lock();
        told_.push_back(std::move(next.done));
        auto const one = std::uint64_t{1};
        [[maybe_unused]] auto const written = ::write(signal_.native_handle(), &one, sizeof one);
    }
}

void store_worker::wait()
{
    if (std::exchange(waiting_, true))
        return;
    signal_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
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
    [[maybe_unused]] auto const got = ::read(signal_.native_handle(), &count, sizeof count);
    auto told = std::vector<std::function<void()>>{};
    auto more = false;
    {
        auto const lock = std::scoped_lock{guard_};
        told.swap(told_);
        open_ -= told.size();
        more = open_ > 0;
    }
    if (more)
        wait();
    for (auto const& each : told)
        each();
}

} // namespace paperboy::tables

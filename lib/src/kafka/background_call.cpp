#include "kafka/background_call.hpp"

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace paperboy::kafka
{
namespace
{

constexpr auto patience = std::chrono::seconds{5};

int checked(int fd)
{
    if (fd == -1)
        throw boost::system::system_error{{errno, boost::system::system_category()}, "paperboy: no eventfd"};
    return fd;
}

} // namespace

// What the thread and its caller share; it has a descriptor of its own, so either may go first.
struct background_call::progress
{
    explicit progress(int signal) : fd{checked(::fcntl(signal, F_DUPFD_CLOEXEC, 0))} {}
    progress(progress const&) = delete;
    progress& operator=(progress const&) = delete;
    ~progress() { ::close(fd); }

    void finish()
    {
        auto const one = std::uint64_t{1};
        {
            auto const lock = std::scoped_lock{guard};
            finished = true;
        }
        changed.notify_all();
        [[maybe_unused]] auto const written = ::write(fd, &one, sizeof one);
    }

    bool wait(std::chrono::seconds longest)
    {
        auto lock = std::unique_lock{guard};
        return changed.wait_for(lock, longest, [this] { return finished; });
    }

    int fd;
    std::mutex guard;
    std::condition_variable changed;
    bool finished = false;
};

background_call::background_call(boost::asio::any_io_executor const& executor, std::string name)
    : signal_{executor, checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))}, name_{std::move(name)}
{
}

background_call::~background_call()
{
    join();
}

void background_call::join()
{
    if (!thread_.joinable())
        return;
    if (progress_->wait(forgotten_ ? std::chrono::seconds{0} : patience))
        thread_.join();
    else
        thread_.detach();
}

void background_call::run(std::function<void()> work, std::function<void()> done)
{
    join();
    busy_ = true;
    progress_ = std::make_shared<progress>(signal_.native_handle());
    signal_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this, tell = std::move(done)](boost::system::error_code error)
                       {
                           if (error)
                               return;
                           busy_ = false;
                           auto count = std::uint64_t{};
                           [[maybe_unused]] auto const got = ::read(signal_.native_handle(), &count, sizeof count);
                           // Takes the lock that finish() held: what the call has written is visible by that,
                           // not by the signal.
                           static_cast<void>(progress_->wait(std::chrono::seconds{0}));
                           tell();
                       });
    // The work is let go before the end is told: it may hold the last reference to a client.
    thread_ = std::thread{[shared = progress_, name = name_, call = std::move(work)]() mutable
                          {
                              pthread_setname_np(pthread_self(), name.c_str());
                              call();
                              call = nullptr;
                              shared->finish();
                          }};
}

void background_call::forget()
{
    auto ignored = boost::system::error_code{};
    signal_.cancel(ignored);
    forgotten_ = true;
}

} // namespace paperboy::kafka

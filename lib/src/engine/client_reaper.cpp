#include "engine/client_reaper.hpp"

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

namespace paperboy::engine_detail
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

// What the thread and the reaper share; it has a descriptor of its own, so either may go first.
struct client_reaper::progress
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
            client_gone = true;
        }
        changed.notify_all();
        [[maybe_unused]] auto const written = ::write(fd, &one, sizeof one);
    }

    bool wait(std::chrono::seconds longest)
    {
        auto lock = std::unique_lock{guard};
        return changed.wait_for(lock, longest, [this] { return client_gone; });
    }

    int fd;
    std::mutex guard;
    std::condition_variable changed;
    bool client_gone = false;
};

client_reaper::client_reaper(boost::asio::any_io_executor const& executor)
    : signal_{executor, checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))}
{
}

client_reaper::~client_reaper()
{
    if (!thread_.joinable())
        return;
    if (progress_->wait(forgotten_ ? std::chrono::seconds{0} : patience))
        thread_.join();
    else
        thread_.detach();
}

void client_reaper::destroy(std::shared_ptr<kafka::client> client, std::function<void()> gone)
{
    progress_ = std::make_shared<progress>(signal_.native_handle());
    signal_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [tell = std::move(gone)](boost::system::error_code error)
                       {
                           if (!error)
                               tell();
                       });
    thread_ = std::thread{[shared = progress_, last = std::move(client)]() mutable
                          {
                              pthread_setname_np(pthread_self(), "paperboy-close");
                              last.reset();
                              shared->finish();
                          }};
}

void client_reaper::forget()
{
    auto ignored = boost::system::error_code{};
    signal_.cancel(ignored);
    forgotten_ = true;
}

} // namespace paperboy::engine_detail

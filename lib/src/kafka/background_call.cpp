#include "kafka/background_call.hpp"

#include "kafka/wake_fd.hpp"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

#include <pthread.h>

namespace paperboy::kafka
{

// What the thread and its caller share; it has a descriptor of its own, so either may go first.
struct background_call::progress
{
    explicit progress(int signal) : told{signal} {}

    void finish()
    {
        {
            auto const lock = std::scoped_lock{guard};
            finished = true;
        }
        changed.notify_all();
        told.wake();
    }

    bool wait(std::chrono::seconds longest)
    {
        auto lock = std::unique_lock{guard};
        return changed.wait_for(lock, longest, [this] { return finished; });
    }

    wake_fd told;
    std::mutex guard;
    std::condition_variable changed;
    bool finished = false;
};

background_call::background_call(boost::asio::any_io_executor const& executor, std::string name)
    : signal_{executor, make_wake_fd()}, name_{std::move(name)}
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
    if (progress_->wait(patience_))
        thread_.join();
    else
        thread_.detach();
}

// `done` keeps who owns this: a wait that has succeeded calls its handler even when it is cancelled, and forget() comes
// too late for it.
bool background_call::run(std::function<void()> work, std::function<void()> done)
{
    join();
    progress_ = std::make_shared<progress>(signal_.native_handle());
    if (!start(std::move(work)))
        return false;
    busy_ = true;
    signal_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this, tell = std::move(done)](boost::system::error_code error)
                       {
                           if (error)
                               return;
                           busy_ = false;
                           read_wake_fd(signal_.native_handle());
                           // Takes the lock that finish() held: what the call has written is visible by that,
                           // not by the signal.
                           static_cast<void>(progress_->wait(std::chrono::seconds{0}));
                           tell();
                       });
    return true;
}

// The work is let go before the end is told: it may hold the last reference to a client.
bool background_call::start(std::function<void()> work)
{
    try
    {
        thread_ = std::thread{[shared = progress_, name = name_, call = std::move(work)]() mutable
                              {
                                  pthread_setname_np(pthread_self(), name.c_str());
                                  call();
                                  call = nullptr;
                                  shared->finish();
                              }};
        return true;
    }
    catch (std::system_error const&)
    {
        return false;
    }
}

void background_call::forget(std::chrono::seconds patience)
{
    auto ignored = boost::system::error_code{};
    signal_.cancel(ignored);
    patience_ = patience;
}

} // namespace paperboy::kafka

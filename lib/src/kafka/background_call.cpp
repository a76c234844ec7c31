#include "kafka/background_call.hpp"

#include "kafka/wake_fd.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <pthread.h>

namespace paperboy::kafka
{
namespace
{

constexpr auto patience = std::chrono::seconds{5};

} // namespace

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
                           read_wake_fd(signal_.native_handle());
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

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace paperboy::tables
{

// Does what stores take long for, one after the other, on a thread of its own.
//
// The thread knows nothing of Asio: it signals an eventfd that the executor waits for, so an io_context may go away at
// any moment. The destructor waits for the work at hand, and drops the rest.
class store_worker : public std::enable_shared_from_this<store_worker>
{
public:
    // `strand`: what `done` runs on.
    explicit store_worker(boost::asio::any_io_executor strand);
    store_worker(store_worker const&) = delete;
    store_worker& operator=(store_worker const&) = delete;
    ~store_worker();

    // Runs `work`, which must not throw, on the thread, and lets go of it there; then `done` on the strand.
    // Thread-safe. The executor has work until then.
    void run(std::function<void()> work, std::function<void()> done);

private:
    struct job
    {
        std::function<void()> work;
        std::function<void()> done;
    };

    void loop();
    void wait();
    void tell();

    boost::asio::any_io_executor strand_;
    boost::asio::posix::stream_descriptor signal_;
    // Of the strand: whether the signal is waited for.
    bool waiting_ = false;

    std::mutex guard_;
    std::condition_variable changed_;
    std::deque<job> jobs_;
    std::vector<std::function<void()>> told_;
    std::size_t open_ = 0;
    bool ended_ = false;
    std::thread thread_;
};

} // namespace paperboy::tables

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace paperboy::kafka
{

// Makes calls into librdkafka that block, one at a time, each on a named thread of its own.
//
// The thread knows nothing of Asio: it signals an eventfd that the executor waits for, so an io_context may go away at
// any moment. The destructor joins the thread, unless nobody waits for its call any more: librdkafka may need long
// (brokers that do not answer) or never come back (destroying a client in some states of a deleted topic), and then the
// thread is let go, since hanging the program would be worse. It is the one place where paperboy can leave one behind.
// So `work` must hold nothing of the user's (handlers, executors): it may be destroyed when they are long gone.
class background_call
{
public:
    // `name`: what the thread is called; at most 15 characters.
    background_call(boost::asio::any_io_executor const& executor, std::string name);
    background_call(background_call const&) = delete;
    background_call& operator=(background_call const&) = delete;
    ~background_call();

    // Runs `work` on the thread, then `done` on the executor, which keeps alive who owns this. Not to be called while
    // busy(). False, with neither called, when the system has no thread.
    [[nodiscard]] bool run(std::function<void()> work, std::function<void()> done);
    [[nodiscard]] bool busy() const noexcept { return busy_; }

    // Calls `done` no more; the destructor waits for the call for so long at most.
    void forget(std::chrono::seconds patience = std::chrono::seconds{0});

private:
    struct progress;

    void join();
    [[nodiscard]] bool start(std::function<void()> work);

    boost::asio::posix::stream_descriptor signal_;
    std::string name_;
    std::shared_ptr<progress> progress_;
    std::thread thread_;
    bool busy_ = false;
    std::chrono::seconds patience_{5};
};

} // namespace paperboy::kafka

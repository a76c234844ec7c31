#pragma once

#include <paperboy/logger.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace paperboy::tables
{

// Does what stores take long for, one after the other, on the thread "paperboy-store". Knows nothing of Asio.
//
// The destructor waits for what was given, but not for ever: a disk may hang. Then the thread is let go with what it
// has, and that is logged: stores are checkpoints, so nothing is lost, and hanging the program would be worse. So
// `work` must hold nothing of the user's, nor anything that needs an executor: it may be destroyed when they are long
// gone.
class store_queue
{
public:
    explicit store_queue(logger log);
    store_queue(store_queue const&) = delete;
    store_queue& operator=(store_queue const&) = delete;
    ~store_queue();

    // Runs `work`, which must not throw, on the thread, and lets go of it there; at once where the system gives no
    // thread. `what` says so to users: "the checkpoint of ...". Thread-safe.
    void run(std::string what, std::function<void()> work);

    // What has been done for longer than that now, and for how long, as a sentence; empty when there is nothing.
    // Thread-safe.
    [[nodiscard]] std::string late(std::chrono::seconds longest) const;

    // The destructor waits no more for what is at hand. Thread-safe.
    void forget() noexcept;

private:
    struct state;

    [[nodiscard]] bool start();

    logger log_;
    std::shared_ptr<state> state_;
    std::thread thread_;
};

} // namespace paperboy::tables

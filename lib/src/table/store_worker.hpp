#pragma once

#include "table/store_queue.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace paperboy::tables
{

// Tells a strand what a store_queue has done.
//
// The queue's thread signals an eventfd that the executor waits for, so an io_context may go away at any moment: then
// nothing is told any more.
class store_worker : public std::enable_shared_from_this<store_worker>
{
public:
    // `strand`: what `done` runs on.
    store_worker(boost::asio::any_io_executor strand, std::shared_ptr<store_queue> queue);

    // Runs `work` as store_queue::run does, then `done` on the strand. Thread-safe. The executor has work until then.
    void run(std::string what, std::function<void()> work, std::function<void()> done);

private:
    struct signal;

    void wait();
    void tell();

    boost::asio::any_io_executor strand_;
    std::shared_ptr<store_queue> queue_;
    boost::asio::posix::stream_descriptor told_;
    std::shared_ptr<signal> signal_;
    // Of the strand: whether the signal is waited for.
    bool waiting_ = false;

    std::mutex guard_;
    // In the order in which the queue does their work.
    std::deque<std::function<void()>> open_;
};

} // namespace paperboy::tables

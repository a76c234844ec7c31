#pragma once

#include "kafka/handles.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <utility>

namespace paperboy::kafka
{

// A queue of librdkafka whose arrivals wake an Asio executor through an eventfd.
//
// librdkafka writes to the descriptor when the queue turns from empty to non-empty: not when it already was non-empty
// at the time of enabling, and not while anything is left in it. Therefore:
// 1. enable, then look into the queue once without having been woken;
// 2. when woken: acknowledge() first, then take from the queue, so that an arrival after the last look wakes again;
// 3. wait again only after a look found less than it asked for: the queue was empty then, the next arrival wakes.
class event_queue
{
public:
    event_queue(boost::asio::any_io_executor const& executor, queue_handle queue);
    event_queue(event_queue const&) = delete;
    event_queue& operator=(event_queue const&) = delete;
    ~event_queue();

    [[nodiscard]] rd_kafka_queue_t* get() const noexcept { return queue_.get(); }

    // Completes when the queue may have something, or with operation_aborted after interrupt().
    template <class Token>
    auto async_wait(Token&& token)
    {
        return descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read, std::forward<Token>(token));
    }

    // Forgets the wakeup that was delivered.
    void acknowledge() noexcept;

    // Ends an outstanding async_wait. To be called on the executor's strand.
    void interrupt();

    // Wakes nobody any more and hands the queue over. Nothing else may be called afterwards.
    [[nodiscard]] queue_handle release() noexcept;

    // Lets go of a queue that wakes somebody else by now. Nothing else may be called afterwards.
    void abandon() noexcept { queue_.reset(); }

    // How many entries wait in the queue; thread-safe.
    [[nodiscard]] std::size_t length() const noexcept { return rd_kafka_queue_length(queue_.get()); }

private:
    queue_handle queue_;
    boost::asio::posix::stream_descriptor descriptor_;
};

} // namespace paperboy::kafka

#pragma once

#include "kafka/client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <thread>

namespace paperboy::engine_detail
{

// Destroys librdkafka's client on a thread of its own, named "paperboy-close", because that call blocks.
//
// The thread knows nothing of Asio: it signals an eventfd that the executor waits for, so an io_context may go away at
// any moment. The destructor joins the thread, unless nobody waits for the client any more: librdkafka may need long
// (brokers that do not answer) or never come back (some states of a deleted topic), and then the thread is let go,
// since hanging the program would be worse. It is the one place where paperboy can leave a thread behind.
class client_reaper
{
public:
    explicit client_reaper(boost::asio::any_io_executor const& executor);
    client_reaper(client_reaper const&) = delete;
    client_reaper& operator=(client_reaper const&) = delete;
    ~client_reaper();

    // Lets go of the client; calls `gone` on the executor afterwards.
    void destroy(std::shared_ptr<kafka::client> client, std::function<void()> gone);

    // Calls `gone` no more, and waits for the client no more.
    void forget();

private:
    struct progress;

    boost::asio::posix::stream_descriptor signal_;
    std::shared_ptr<progress> progress_;
    std::thread thread_;
    bool forgotten_ = false;
};

} // namespace paperboy::engine_detail

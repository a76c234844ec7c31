#include "kafka/event_queue.hpp"

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace paperboy::kafka
{
namespace
{

// An eventfd adds up what is written to it: librdkafka writes this payload, eight bytes as the kernel wants them.
constexpr std::uint64_t one = 1;

int make_eventfd()
{
    auto const fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd == -1)
        throw boost::system::system_error{{errno, boost::system::system_category()},
                                          "paperboy: no eventfd for a partition (raise the limit of open files)"};
    return fd;
}

} // namespace

event_queue::event_queue(boost::asio::any_io_executor const& executor, queue_handle queue)
    : queue_{std::move(queue)}, descriptor_{executor, make_eventfd()}
{
    rd_kafka_queue_io_event_enable(queue_.get(), descriptor_.native_handle(), &one, sizeof one);
}

event_queue::~event_queue()
{
    static_cast<void>(release());
}

// librdkafka keeps the descriptor's number: it must forget it before the number is used for something else.
queue_handle event_queue::release() noexcept
{
    if (queue_)
        rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0);
    return std::move(queue_);
}

void event_queue::acknowledge() noexcept
{
    auto count = std::uint64_t{};
    [[maybe_unused]] auto const got = ::read(descriptor_.native_handle(), &count, sizeof count);
}

void event_queue::interrupt()
{
    auto ignored = boost::system::error_code{};
    descriptor_.cancel(ignored);
}

} // namespace paperboy::kafka

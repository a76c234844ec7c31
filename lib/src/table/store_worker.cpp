#include "table/store_worker.hpp"

#include "kafka/wake_fd.hpp"

#include <boost/asio/post.hpp>

#include <utility>
#include <vector>

namespace paperboy::tables
{

// Shared with the queue's thread, which may be left behind: it has a descriptor of its own.
struct store_worker::signal
{
    explicit signal(int of) : told{of} {}

    void done()
    {
        {
            auto const lock = std::scoped_lock{guard};
            ++count;
        }
        told.wake();
    }

    // What the work has written is visible by this lock, not by the descriptor.
    [[nodiscard]] std::size_t take()
    {
        auto const lock = std::scoped_lock{guard};
        return std::exchange(count, 0);
    }

    kafka::wake_fd told;
    std::mutex guard;
    std::size_t count = 0;
};

store_worker::store_worker(boost::asio::any_io_executor strand, std::shared_ptr<store_queue> queue)
    : strand_{std::move(strand)}, queue_{std::move(queue)}, told_{strand_, kafka::make_wake_fd()},
      signal_{std::make_shared<signal>(told_.native_handle())}
{
}

void store_worker::run(std::string what, std::function<void()> work, std::function<void()> done)
{
    {
        auto const lock = std::scoped_lock{guard_};
        open_.push_back(std::move(done));
        queue_->run(std::move(what),
                    [work = std::move(work), told = signal_]() mutable
                    {
                        work();
                        work = nullptr;
                        told->done();
                    });
    }
    boost::asio::post(strand_,
                      [weak = weak_from_this()]
                      {
                          if (auto const self = weak.lock())
                              self->wait();
                      });
}

void store_worker::wait()
{
    if (std::exchange(waiting_, true))
        return;
    told_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [weak = weak_from_this()](boost::system::error_code error)
                     {
                         auto const self = weak.lock();
                         if (self && !error)
                             self->tell();
                     });
}

void store_worker::tell()
{
    waiting_ = false;
    kafka::read_wake_fd(told_.native_handle());
    auto done = std::vector<std::function<void()>>{};
    auto more = false;
    {
        auto const lock = std::scoped_lock{guard_};
        for (auto left = signal_->take(); left > 0; --left)
        {
            done.push_back(std::move(open_.front()));
            open_.pop_front();
        }
        more = !open_.empty();
    }
    if (more)
        wait();
    for (auto const& each : done)
        each();
}

} // namespace paperboy::tables

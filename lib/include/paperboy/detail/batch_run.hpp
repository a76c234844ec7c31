#pragma once

#include <paperboy/error.hpp>
#include <paperboy/handler.hpp>
#include <paperboy/record.hpp>

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>

namespace paperboy::detail
{

// Told by an adapter that a hook failed and what becomes of the record.
class failure_sink
{
public:
    failure_sink() = default;
    failure_sink(failure_sink const&) = delete;
    failure_sink& operator=(failure_sink const&) = delete;

    virtual void hook_failed(hook where, std::exception_ptr const& error, record_view const& record,
                             error_action action) noexcept = 0;

protected:
    ~failure_sink() = default;
};

// One pass of an adapter over the records of a block: where it is, and when to leave early.
class batch_run
{
public:
    batch_run(record_block& block, std::span<message const* const> messages, std::atomic<std::int64_t>& position,
              std::atomic<bool> const& stop, failure_sink& sink) noexcept
        : block_{block}, next_{messages.data()}, end_{messages.data() + messages.size()}, position_{position},
          stop_{stop}, sink_{sink}
    {
    }

    // Whether another record is to be handled now. A plain load: the flag is only ever a request to leave early.
    [[nodiscard]] bool more() const noexcept { return next_ != end_ && !stop_.load(std::memory_order_relaxed); }

    [[nodiscard]] record_view current() const noexcept { return {block_, **next_}; }

    // The current record is finished: its successor's offset may be committed from here on.
    void finish() noexcept
    {
        position_.store((*next_)->offset + 1, std::memory_order_release);
        ++next_;
    }

    void report(hook where, std::exception_ptr const& error, error_action action) noexcept
    {
        sink_.hook_failed(where, error, current(), action);
    }

    // The awaitable hooks were cancelled: no hook is called any more, the current record is not finished.
    void cancel() noexcept { cancelled_ = true; }
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

    [[nodiscard]] std::size_t unfinished() const noexcept { return static_cast<std::size_t>(end_ - next_); }

private:
    record_block& block_;
    message const* const* next_;
    message const* const* end_;
    std::atomic<std::int64_t>& position_;
    std::atomic<bool> const& stop_;
    failure_sink& sink_;
    bool cancelled_ = false;
};

// How a pass ended.
enum class batch_end
{
    // Every record is finished, or the stop flag was seen between two records.
    left,
    // A hook failed with error_action::fail; the current record is not finished.
    failed,
    // The hooks were cancelled; the current record is not finished.
    cancelled,
};

// A handler behind one virtual call per batch.
class batch_handler
{
public:
    batch_handler() = default;
    batch_handler(batch_handler const&) = delete;
    batch_handler& operator=(batch_handler const&) = delete;
    virtual ~batch_handler() = default;

    // Whether a hook is awaitable: then run_async is to be used, else run.
    [[nodiscard]] virtual bool asynchronous() const noexcept = 0;
    virtual batch_end run(batch_run& run) = 0;
    virtual boost::asio::awaitable<batch_end> run_async(batch_run& run) = 0;
};

// Makes the batch_handler of each partition of a topic.
class batch_handler_factory
{
public:
    batch_handler_factory() = default;
    batch_handler_factory(batch_handler_factory const&) = delete;
    batch_handler_factory& operator=(batch_handler_factory const&) = delete;
    virtual ~batch_handler_factory() = default;

    [[nodiscard]] virtual std::unique_ptr<batch_handler> make(topic_partition const& where) = 0;
};

} // namespace paperboy::detail

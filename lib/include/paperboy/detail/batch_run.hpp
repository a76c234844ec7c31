#pragma once

#include <paperboy/detail/hook_run.hpp>
#include <paperboy/detail/record_sampling.hpp>
#include <paperboy/handler.hpp>
#include <paperboy/record.hpp>

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace paperboy::detail
{

// One pass of an adapter over the records of a block: where it is, and when to leave early.
class batch_run final : public hook_run
{
public:
    batch_run(record_block& block, std::span<message const* const> messages, std::atomic<std::int64_t>& position,
              std::atomic<bool> const& stop, failure_sink& sink, record_sampling* sampling = nullptr) noexcept
        : hook_run{position, sink}, block_{block}, next_{messages.data()}, end_{messages.data() + messages.size()},
          last_{end_}, stop_{stop}, sampling_{sampling}, counted_{next_},
          timed_{sampling != nullptr ? to_time(next_) : nullptr}
    {
    }
    batch_run(batch_run const&) = delete;
    batch_run& operator=(batch_run const&) = delete;
    ~batch_run()
    {
        if (sampling_ != nullptr)
            sampling_->passed(untimed());
    }

    // Whether another record is to be handled now. A plain load: the flag is only ever a request to leave early.
    [[nodiscard]] bool more() const noexcept { return next_ != end_ && !stop_.load(std::memory_order_relaxed); }

    [[nodiscard]] record_view current() const noexcept { return {block_, **next_}; }

    // The current record is finished: its successor's offset may be committed from here on.
    void finish() noexcept
    {
        finish_below((*next_)->offset + 1);
        ++next_;
    }

    // Whether the hooks of the current record are to be timed. If so: its weight, when they begin, and their time in
    // the end, unless they were cancelled.
    [[nodiscard]] bool is_timed() const noexcept { return next_ == timed_; }
    [[nodiscard]] std::uint64_t begin_timing() noexcept
    {
        auto const weight = sampling_->begin(untimed());
        counted_ = next_ + 1;
        timed_ = nullptr;
        return weight;
    }
    void timed(std::chrono::nanoseconds time) noexcept
    {
        sampling_->timed(time);
        timed_ = to_time(counted_);
    }

    // Lets the pass end behind its current record; widen() takes that back with what this returns.
    [[nodiscard]] message const* const* narrow() noexcept { return std::exchange(end_, next_ + 1); }
    void widen(message const* const* end) noexcept { end_ = end; }

    [[nodiscard]] std::size_t unfinished() const noexcept { return static_cast<std::size_t>(end_ - next_); }
    [[nodiscard]] std::int64_t first_unfinished() const noexcept override
    {
        return next_ == end_ ? -1 : (*next_)->offset;
    }

private:
    // The next one to be timed, from this one on; null when it is not among these.
    [[nodiscard]] message const* const* to_time(message const* const* from) const noexcept
    {
        auto const ahead = static_cast<std::uint64_t>(last_ - from);
        return sampling_->left() < ahead ? from + sampling_->left() : nullptr;
    }
    // A timed one that is tried again is behind the current one.
    [[nodiscard]] std::uint64_t untimed() const noexcept
    {
        return static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(next_ - counted_, 0));
    }

    record_block& block_;
    message const* const* next_;
    message const* const* end_;
    message const* const* last_;
    std::atomic<bool> const& stop_;
    record_sampling* sampling_;
    // Up to here the sampling knows of the records.
    message const* const* counted_;
    message const* const* timed_;
};

// One pass of an adapter over a bulk: records of one partition in offset order, possibly of several blocks.
class bulk_run final : public hook_run
{
public:
    bulk_run(std::span<record_view const> records, std::atomic<std::int64_t>& position, failure_sink& sink) noexcept
        : hook_run{position, sink}, records_{records}
    {
    }

    // Those that are not finished.
    [[nodiscard]] std::span<record_view const> records() const noexcept { return records_; }
    [[nodiscard]] std::int64_t first_unfinished() const noexcept override
    {
        return records_.empty() ? -1 : records_.front().offset();
    }

    void finish_below(std::int64_t offset) noexcept
    {
        hook_run::finish_below(offset);
        while (!records_.empty() && records_.front().offset() < offset)
            records_ = records_.subspan(1);
    }

    // Whether a record that is left out of the bulk is to be reported: when the bulk is tried again, not once more.
    [[nodiscard]] bool left_out_first_time(record_view const& record)
    {
        auto const at = std::ranges::lower_bound(left_out_, record.offset());
        if (at != left_out_.end() && *at == record.offset())
            return false;
        left_out_.insert(at, record.offset());
        return true;
    }

    [[nodiscard]] bool has_left_out() const noexcept { return !left_out_.empty(); }

    [[nodiscard]] bool was_left_out(record_view const& record) const noexcept
    {
        return std::ranges::binary_search(left_out_, record.offset());
    }

private:
    std::span<record_view const> records_;
    // In their order.
    std::vector<std::int64_t> left_out_;
};

// How a pass ended.
enum class batch_end
{
    // Every record is finished, or the stop flag was seen between two records, or the rest of a bulk is to follow.
    left,
    // A hook failed with error_action::fail; the current record is not finished.
    failed,
    // A hook failed with error_action::retry; the current record is to be handled again after a pause.
    again,
    // The hooks were cancelled; the current record is not finished.
    cancelled,
    // Only of run(): a serde has to be prepared for the current record, by prepare(); then run() goes on with it.
    unprepared,
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

    // Another adapter of the same handler, for records whose hooks overlap: with serdes of its own, so that no record
    // is decoded over one that is still in its hooks. It does not outlive this one.
    [[nodiscard]] virtual std::unique_ptr<batch_handler> another() = 0;

    // Prepares the serdes for the current record, after run() has ended with `unprepared`.
    virtual boost::asio::awaitable<void> prepare(batch_run& run) = 0;

    // Whether the handler has on_bulk; only then may run_bulk be called.
    [[nodiscard]] virtual bool handles_bulks() const noexcept = 0;
    virtual boost::asio::awaitable<batch_end> run_bulk(bulk_run& run) = 0;
};

// Makes the batch_handler of each partition of a topic.
class batch_handler_factory
{
public:
    batch_handler_factory() = default;
    batch_handler_factory(batch_handler_factory const&) = delete;
    batch_handler_factory& operator=(batch_handler_factory const&) = delete;
    virtual ~batch_handler_factory() = default;

    // Whether a hook of the handlers is awaitable.
    [[nodiscard]] virtual bool asynchronous() const noexcept = 0;

    [[nodiscard]] virtual std::unique_ptr<batch_handler> make(topic_partition const& where) = 0;
};

} // namespace paperboy::detail

#pragma once

#include <paperboy/detail/batch_run.hpp>

#include <cstddef>

namespace paperboy::pipeline
{

// What a partition does next.
enum class partition_action
{
    // Look into the queue.
    fetch,
    // Run the handler over the fetched records.
    handle,
    // Let other work of the executor run, then look again: the queue has more.
    yield,
    // Wait for a wakeup: the queue was empty.
    rest,
    // End; why() says why.
    end,
};

// Who keeps a partition from taking records out of its queue.
enum class hold_reason : unsigned
{
    // The user paused it.
    user = 1,
    // Its topic's step has not come.
    step = 2,
    // What its hooks have sent waits for room.
    sends = 4,
};

// Why a partition ended.
enum class partition_end
{
    // It was asked to stop; the record that was in its hooks is finished.
    stopped,
    // A hook failed with error_action::fail.
    failed,
    // Its hooks were cancelled in the middle of a record.
    cancelled,
};

// Decides, without doing anything, what a partition does from its assignment to its end.
class partition_fsm
{
public:
    [[nodiscard]] partition_action begin() const noexcept { return resumed(); }

    // So many records are ready for the handler (none while a bulk waits for more); `more`: the queue may hold more.
    [[nodiscard]] partition_action fetched(std::size_t records, bool more) noexcept
    {
        more_ = more;
        return or_end(records > 0 ? partition_action::handle : next());
    }

    // The handler is done with the records, or left early; `ready` says that another bulk waits already.
    [[nodiscard]] partition_action handled(detail::batch_end end, bool ready = false) noexcept
    {
        switch (end)
        {
        case detail::batch_end::left:
        case detail::batch_end::again: // given up because the partition is to end
        case detail::batch_end::unprepared:
            return or_end(ready && !held() ? partition_action::handle : next());
        case detail::batch_end::failed:
            why_ = partition_end::failed;
            break;
        case detail::batch_end::cancelled:
            why_ = partition_end::cancelled;
            break;
        }
        return partition_action::end;
    }

    // The executor came back after a yield, or a wakeup came.
    [[nodiscard]] partition_action resumed() const noexcept
    {
        return or_end(held() ? partition_action::rest : partition_action::fetch);
    }

    // Held partitions rest in front of their queue, whatever is in it; a record that is in its hooks, or a bulk, ends
    // first. Each holder releases only what it held.
    void hold(hold_reason why) noexcept { holds_ |= static_cast<unsigned>(why); }
    void release(hold_reason why) noexcept { holds_ &= ~static_cast<unsigned>(why); }
    [[nodiscard]] bool held() const noexcept { return holds_ != 0; }

    // A wakeup has been taken for something else: the queue may hold more.
    void look_again() noexcept { more_ = true; }

    // From now on every answer is `end`.
    void stop() noexcept { stopping_ = true; }

    // A record that was handled beside others ended so, whatever the partition is doing. A failure stays the reason.
    void ended(detail::batch_end end) noexcept
    {
        stopping_ = true;
        if (end != detail::batch_end::left && why_ != partition_end::failed)
            why_ = end == detail::batch_end::failed ? partition_end::failed : partition_end::cancelled;
    }

    // An exception ended the partition: a cancellation when it was to end anyway, else a failure.
    partition_end broke() noexcept
    {
        if (why_ == partition_end::failed)
            return why_;
        why_ = stopping_ ? partition_end::cancelled : partition_end::failed;
        return why_;
    }

    [[nodiscard]] partition_end why() const noexcept { return why_; }

private:
    [[nodiscard]] partition_action next() const noexcept
    {
        return more_ && !held() ? partition_action::yield : partition_action::rest;
    }
    [[nodiscard]] partition_action or_end(partition_action otherwise) const noexcept
    {
        return stopping_ ? partition_action::end : otherwise;
    }

    unsigned holds_ = 0;
    bool more_ = false;
    bool stopping_ = false;
    partition_end why_ = partition_end::stopped;
};

} // namespace paperboy::pipeline

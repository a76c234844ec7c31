#pragma once

#include <paperboy/error.hpp>
#include <paperboy/handler.hpp>
#include <paperboy/record.hpp>

#include <atomic>
#include <cstdint>
#include <exception>

namespace paperboy::detail
{

// Told by an adapter that a hook failed and what the handler wants to become of the record. Answers what does become of
// it: `retry` only as long as that is not used up.
class failure_sink
{
public:
    failure_sink() = default;
    failure_sink(failure_sink const&) = delete;
    failure_sink& operator=(failure_sink const&) = delete;

    virtual error_action::kind hook_failed(hook where, std::exception_ptr const& error, record_view const& record,
                                           error_action const& action) noexcept = 0;

protected:
    ~failure_sink() = default;
};

// What every pass of an adapter over records has: a position to publish, a sink for failures, and a cancellation.
class hook_run
{
public:
    hook_run(std::atomic<std::int64_t>& position, failure_sink& sink) noexcept : position_{position}, sink_{sink} {}

    // Everything below this offset is finished: it may be committed from here on.
    void finish_below(std::int64_t offset) noexcept { position_.store(offset, std::memory_order_release); }

    // What becomes of the record, or of the bulk that begins with it.
    error_action::kind report(hook where, std::exception_ptr const& error, record_view const& record,
                              error_action const& action) noexcept
    {
        return sink_.hook_failed(where, error, record, action);
    }

    // The awaitable hooks were cancelled: no hook is called any more, what is in them is not finished.
    void cancel() noexcept { cancelled_ = true; }
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

    // A serde waits for what it needs: no record is in the hooks, and a stop need not wait.
    void preparing(bool now) noexcept { preparing_ = now; }
    [[nodiscard]] bool preparing() const noexcept { return preparing_; }

private:
    std::atomic<std::int64_t>& position_;
    failure_sink& sink_;
    bool cancelled_ = false;
    bool preparing_ = false;
};

// Of what two failures of one record say, that which goes less far.
[[nodiscard]] constexpr error_action::kind stricter(error_action::kind left, error_action::kind right) noexcept
{
    using kind = error_action::kind;
    if (left == kind::fail || right == kind::fail)
        return kind::fail;
    return left == kind::retry || right == kind::retry ? kind::retry : kind::skip;
}

} // namespace paperboy::detail

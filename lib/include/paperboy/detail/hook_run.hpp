#pragma once

#include <paperboy/error.hpp>
#include <paperboy/handler.hpp>
#include <paperboy/record.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <utility>

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

    // What the handler's options say of a failure; nothing when on_error is to be asked, which `can_ask` allows.
    [[nodiscard]] virtual std::optional<error_action> without_asking(hook /*where*/,
                                                                     std::exception_ptr const& /*error*/, bool can_ask)
    {
        if (can_ask)
            return std::nullopt;
        return error_action::fail;
    }

    // All hooks of a record have ended of which `dead_letter` was the last word: it goes on its way. Answers `skip`, or
    // `fail` when it cannot.
    virtual error_action::kind bury(record_view const& /*record*/) noexcept { return error_action::kind::fail; }

    // How long a hook took that stands for `weight` of them.
    virtual void hook_took(hook /*where*/, std::chrono::nanoseconds /*time*/, std::uint64_t /*weight*/) noexcept {}

protected:
    ~failure_sink() = default;
};

// What every pass of an adapter over records has: a position to publish, a sink for failures, and a cancellation.
class hook_run
{
public:
    hook_run(std::atomic<std::int64_t>& position, failure_sink& sink) noexcept : position_{position}, sink_{sink} {}
    hook_run(hook_run const&) = delete;
    hook_run& operator=(hook_run const&) = delete;

    // The offset of the first record that is not finished; -1 when all are.
    [[nodiscard]] virtual std::int64_t first_unfinished() const noexcept = 0;

    // Everything below this offset is finished: it may be committed from here on.
    void finish_below(std::int64_t offset) noexcept { position_.store(offset, std::memory_order_release); }

    // What becomes of the record, or of the bulk that begins with it.
    error_action::kind report(hook where, std::exception_ptr const& error, record_view const& record,
                              error_action const& action) noexcept
    {
        last_error_ = error;
        return sink_.hook_failed(where, error, record, action);
    }

    // What was reported last; null when nothing was since this was asked.
    [[nodiscard]] std::exception_ptr take_error() noexcept { return std::exchange(last_error_, nullptr); }

    [[nodiscard]] std::optional<error_action> without_asking(hook where, std::exception_ptr const& error, bool can_ask)
    {
        return sink_.without_asking(where, error, can_ask);
    }

    // The last word on a record once its hooks have ended: `skip` when it is over, else `fail` or `retry`.
    error_action::kind conclude(error_action::kind verdict, record_view const& record) noexcept
    {
        return verdict == error_action::kind::dead_letter ? sink_.bury(record) : verdict;
    }

    void took(hook where, std::chrono::nanoseconds time, std::uint64_t weight) noexcept
    {
        sink_.hook_took(where, time, weight);
    }

    // The awaitable hooks were cancelled: no hook is called any more, what is in them is not finished.
    void cancel() noexcept { cancelled_ = true; }
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

    // A serde waits for what it needs: no record is in the hooks, and a stop need not wait.
    void preparing(bool now) noexcept { preparing_ = now; }
    [[nodiscard]] bool preparing() const noexcept { return preparing_; }

protected:
    ~hook_run() = default;

private:
    std::atomic<std::int64_t>& position_;
    failure_sink& sink_;
    std::exception_ptr last_error_;
    bool cancelled_ = false;
    bool preparing_ = false;
};

// Of what two failures of one record say, that which goes less far.
[[nodiscard]] constexpr error_action::kind stricter(error_action::kind left, error_action::kind right) noexcept
{
    using kind = error_action::kind;
    for (auto const first : {kind::fail, kind::retry, kind::dead_letter})
        if (left == first || right == first)
            return first;
    return kind::skip;
}

} // namespace paperboy::detail

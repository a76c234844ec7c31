#pragma once

#include <paperboy/error.hpp>

namespace paperboy::engine_detail
{

// What a run does about its own end next.
enum class engine_action
{
    // Nothing now.
    none,
    // Stop the pipelines and start leaving the group; tell closed().
    close,
    // The same, but commit nothing more and cancel the hooks that run.
    abort,
    // The run is already closing: only cancel the hooks and commit nothing more.
    hurry,
    // Let go of librdkafka's client; tell destroyed().
    destroy,
    // Complete async_run with result().
    complete,
};

// Decides how a run ends, whatever ends it: stop(), a failure, a cancellation, a deadline. The first reason is the
// result; only success gives way to a failure that happens on the way out.
class engine_fsm
{
public:
    // Someone or something wants the run to end with this result.
    [[nodiscard]] engine_action stop(error_code result) noexcept
    {
        if (state_ != state::running)
        {
            if (state_ != state::completed && !result_)
                result_ = result;
            return engine_action::none;
        }
        result_ = result;
        state_ = state::closing;
        return engine_action::close;
    }

    // A terminal cancellation.
    [[nodiscard]] engine_action abort(error_code result) noexcept
    {
        if (state_ == state::completed || state_ == state::destroying)
            return engine_action::none;
        auto const first = state_ == state::running;
        result_ = result;
        state_ = state::closing;
        return first ? engine_action::abort : engine_action::hurry;
    }

    // The group is left.
    [[nodiscard]] engine_action closed() noexcept
    {
        if (state_ != state::closing)
            return engine_action::none;
        state_ = state::destroying;
        return engine_action::destroy;
    }

    // The client is gone, or lives on in records that the user retains.
    [[nodiscard]] engine_action destroyed() noexcept { return complete(); }

    // config::shutdown_timeout is over. A reason that was there before stays the result.
    [[nodiscard]] engine_action out_of_time(error_code timeout) noexcept
    {
        if (state_ != state::closing && state_ != state::destroying)
            return engine_action::none;
        if (!result_)
            result_ = timeout;
        return complete();
    }

    [[nodiscard]] bool running() const noexcept { return state_ == state::running; }
    [[nodiscard]] bool completed() const noexcept { return state_ == state::completed; }
    [[nodiscard]] error_code result() const noexcept { return result_; }

private:
    enum class state
    {
        running,
        closing,
        destroying,
        completed,
    };

    [[nodiscard]] engine_action complete() noexcept
    {
        if (state_ == state::completed)
            return engine_action::none;
        state_ = state::completed;
        return engine_action::complete;
    }

    state state_ = state::running;
    error_code result_;
};

} // namespace paperboy::engine_detail

#pragma once

#include <paperboy/error.hpp>

namespace paperboy::pipeline
{

// What the engine does about commits next.
enum class commit_action
{
    // Nothing now.
    none,
    // Send what is finished and not committed yet; tell sent() or nothing_to_send().
    send,
    // Call retry() after a pause.
    retry_later,
    // The final commit is over; settled() says whether everything is committed.
    done,
};

// Decides when to commit: one commit at a time, so that an older one can never overtake a newer one, and a final one
// before partitions are given up that is tried until it succeeds, cannot succeed, or runs out of time.
class commit_fsm
{
public:
    // The interval has passed or enough records have finished.
    [[nodiscard]] commit_action due() const noexcept
    {
        return in_flight_ || final_ ? commit_action::none : commit_action::send;
    }

    // The partitions' work has ended: commit all of it, then report done.
    [[nodiscard]] commit_action finalize() noexcept
    {
        final_ = true;
        settled_ = true;
        return in_flight_ ? commit_action::none : commit_action::send;
    }

    void sent() noexcept { in_flight_ = true; }

    // There was nothing to send.
    [[nodiscard]] commit_action nothing_to_send() const noexcept
    {
        return final_ ? commit_action::done : commit_action::none;
    }

    // The commit in flight ended, or could not be sent.
    [[nodiscard]] commit_action result(error_code error) noexcept
    {
        in_flight_ = false;
        if (!final_)
            return commit_action::none;
        // After a commit of the interval, the final one itself; after the final one, a look whether anything is left.
        if (!error)
            return commit_action::send;
        if (error == condition::retriable)
            return commit_action::retry_later;
        return give_up();
    }

    // The pause after retry_later is over.
    [[nodiscard]] commit_action retry() const noexcept
    {
        return final_ && !in_flight_ ? commit_action::send : commit_action::none;
    }

    // No more time for the final commit.
    [[nodiscard]] commit_action give_up() noexcept
    {
        if (!final_)
            return commit_action::none;
        settled_ = false;
        return commit_action::done;
    }

    [[nodiscard]] bool in_flight() const noexcept { return in_flight_; }

    // Whether the final commit left nothing uncommitted.
    [[nodiscard]] bool settled() const noexcept { return settled_; }

    // A new assignment begins. A result that is still to come belongs to the old one and is not passed to result().
    void reset() noexcept { *this = {}; }

private:
    bool in_flight_ = false;
    bool final_ = false;
    bool settled_ = true;
};

} // namespace paperboy::pipeline

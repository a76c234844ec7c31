#pragma once

namespace paperboy::pipeline
{

// What the engine does about its assignment next.
enum class rebalance_action
{
    // Nothing now.
    none,
    // Ask the brokers where the partitions start; tell located().
    locate,
    // Make and start a pipeline for each assigned partition.
    open,
    // Let the pipelines finish the record in their hooks; tell drained() when all have ended.
    drain,
    // Cancel awaitable hooks that still run, and wait a moment longer.
    cancel_hooks,
    // Commit what is finished; tell committed() when that is over.
    commit,
    // Drop the pipelines and give the partitions back.
    release,
};

// Decides how partitions that were assigned are given up again:
//
//   revoked: drain → commit → release
//   lost or aborted: drain → release, because others may own the partitions already
//   hooks that do not end in time: cancel_hooks, then on without their unfinished records
//
// With an incremental protocol the partitions that stay ours go on meanwhile, and are still ours afterwards.
class rebalance_fsm
{
public:
    // `locate`: the brokers have to be asked where the partitions start. Until they have answered, nothing is accepted
    // that would have to be given back.
    [[nodiscard]] rebalance_action assigned(bool locate = false) noexcept
    {
        state_ = locate ? state::locating : state::owning;
        owns_ = owns_ || !locate;
        may_commit_ = owns_ && !aborted_;
        return locate ? rebalance_action::locate : rebalance_action::open;
    }

    // It is known where the partitions start; an answer that nobody waits for any more changes nothing.
    [[nodiscard]] rebalance_action located() noexcept
    {
        return state_ == state::locating ? assigned() : rebalance_action::none;
    }

    // The group takes partitions back; `lost`: it already has; `keeps`: others stay ours.
    [[nodiscard]] rebalance_action revoked(bool lost, bool keeps = false) noexcept
    {
        may_commit_ = may_commit_ && !lost;
        switch (state_)
        {
        case state::idle:
        case state::locating:
            if (owns_)
                break;
            return release();
        case state::owning:
            break;
        case state::draining:
        case state::cancelling:
        case state::committing:
            return rebalance_action::none;
        }
        state_ = state::draining;
        owns_ = keeps;
        return rebalance_action::drain;
    }

    // Every pipeline has ended.
    [[nodiscard]] rebalance_action drained() noexcept
    {
        if (state_ != state::draining && state_ != state::cancelling)
            return rebalance_action::none;
        return leave();
    }

    // The time for the present step is over.
    [[nodiscard]] rebalance_action out_of_time() noexcept
    {
        switch (state_)
        {
        case state::draining:
            state_ = state::cancelling;
            return rebalance_action::cancel_hooks;
        case state::cancelling:
            return leave();
        case state::committing:
            return release();
        case state::idle:
        case state::locating:
        case state::owning:
            break;
        }
        return rebalance_action::none;
    }

    // The final commit is over, with or without success.
    [[nodiscard]] rebalance_action committed() noexcept
    {
        return state_ == state::committing ? release() : rebalance_action::none;
    }

    // Nothing may be committed any more.
    [[nodiscard]] rebalance_action abort() noexcept
    {
        aborted_ = true;
        may_commit_ = false;
        return state_ == state::committing ? release() : rebalance_action::none;
    }

    [[nodiscard]] bool locating() const noexcept { return state_ == state::locating; }
    [[nodiscard]] bool owning() const noexcept { return state_ == state::owning; }
    // Partitions are being given up.
    [[nodiscard]] bool giving_up() const noexcept
    {
        return state_ == state::draining || state_ == state::cancelling || state_ == state::committing;
    }
    [[nodiscard]] bool may_commit() const noexcept { return may_commit_; }

private:
    enum class state
    {
        idle,
        locating,
        owning,
        draining,
        cancelling,
        committing,
    };

    [[nodiscard]] rebalance_action leave() noexcept
    {
        if (!may_commit_)
            return release();
        state_ = state::committing;
        return rebalance_action::commit;
    }
    [[nodiscard]] rebalance_action release() noexcept
    {
        state_ = owns_ ? state::owning : state::idle;
        return rebalance_action::release;
    }

    state state_ = state::idle;
    bool owns_ = false;
    bool may_commit_ = false;
    bool aborted_ = false;
};

} // namespace paperboy::pipeline

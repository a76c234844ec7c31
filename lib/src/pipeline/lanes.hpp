#pragma once

#include "pipeline/hook_watch.hpp"
#include "pipeline/key_schedule_fsm.hpp"
#include "pipeline/offset_tracker.hpp"

#include "pipeline/record_attempts.hpp"
#include "pipeline/strand_signal.hpp"

#include <paperboy/detail/batch_run.hpp>
#include <paperboy/handler.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

namespace paperboy::pipeline
{

// Told by lanes, on their strand.
class lanes_owner
{
public:
    lanes_owner() = default;
    lanes_owner(lanes_owner const&) = delete;
    lanes_owner& operator=(lanes_owner const&) = delete;

    // A hook of a record failed; what becomes of the record. `attempts` are the lane's.
    virtual error_action::kind failed_in_lane(record_attempts& attempts, hook where, std::exception_ptr const& error,
                                              record_view const& record, error_action const& action) noexcept = 0;

    // As detail::failure_sink has them.
    virtual std::optional<error_action> says_of(hook where, std::exception_ptr const& error, bool can_ask) = 0;
    virtual error_action::kind bury_in_lane(record_attempts const& attempts, record_view const& record) noexcept = 0;

    virtual void hook_took_in_lane(hook /*where*/, std::chrono::nanoseconds /*time*/, std::uint64_t /*weight*/) noexcept
    {
    }

    // The record's hooks have ended and its offset is accounted for.
    virtual void record_finished(record_view const& record) = 0;

    // Nothing of the block is used any more.
    virtual void block_used_up(detail::block_holder block) = 0;

    // A record ended other than by finishing: no further one begins. `error` is set when it is not a hook's failure.
    virtual void lane_stopped(detail::batch_end how, std::exception_ptr const& error) = 0;

    // Where a lane shows that its hooks run, and its position; null when nobody looks.
    virtual hook_stand* stand_for(std::atomic<std::int64_t> const& /*position*/) { return nullptr; }

protected:
    ~lanes_owner() = default;
};

// Runs the awaitable hooks of several records of one partition at the same time, on the partition's strand.
//
// A lane is a coroutine that takes one record after the other that may begin, and ends when there is none; records that
// become ready while fewer than max_concurrency lanes live get a new one. Each lane has an adapter of its own, kept for
// the next lane: hooks see records that no other lane decodes over.
//
// Bounds hold the reader back: how many records wait or are in their hooks (look-ahead), how many bytes those have (the
// policy's max_bytes), and how far the offsets behind the oldest unfinished record reach (max_unfinished, it bounds
// what a crash repeats). So a stuck key stops the partition when the last is reached, or when its own records fill one
// of the others. And since a single unfinished record keeps its whole block, another block is taken only when all that
// are kept fit into max_bytes together: many stuck keys, each in a block of its own, would keep whatever was read with
// them.
class lanes
{
public:
    // Most records of a block, so that an unfinished one keeps few others.
    static constexpr std::size_t most_in_block = 250;

    // Records that may be admitted beyond those in their hooks, so that a busy key does not hide the others.
    [[nodiscard]] static std::size_t look_ahead(handler_options const& options) noexcept;

    // All references outlive the lanes. `stop` asks all to begin no further record.
    lanes(strand_signal::strand const& strand, detail::batch_handler& handler, handler_options const& options,
          offset_tracker& tracker, std::atomic<bool> const& stop, lanes_owner& owner,
          detail::record_sampling* sampling = nullptr);
    lanes(lanes const&) = delete;
    lanes& operator=(lanes const&) = delete;

    // What every lane keeps alive while it lives. To be called before anything else.
    void belong_to(std::weak_ptr<void> owner) { keep_alive_ = std::move(owner); }

    // Admits a block's records, as fast as there is room; ends early when nothing begins any more.
    [[nodiscard]] boost::asio::awaitable<void> take(detail::block_holder block);

    // Completes when every admitted record has finished, or, when nothing begins any more, when no lane is left.
    [[nodiscard]] boost::asio::awaitable<void> drain();

    // What a block should have at most: several fit beside those that a stuck record keeps.
    [[nodiscard]] std::size_t block_bytes() const noexcept { return max_bytes_ / 8; }

    // Another max_bytes, for what is admitted from now on; look_again() when it is more.
    void limit(std::size_t max_bytes) noexcept { max_bytes_ = max_bytes; }

    // Whether records may begin; those in their hooks go on.
    void hold(bool on);

    // Looks at `stop` again: wakes who waits for room, or in front of a retry, or for what a serde needs.
    void look_again();

    // None lives, and what follows is another log.
    void begin_anew();

    // What comes out of the hooks that run is no failure of theirs: they are about to be cancelled.
    void mark_cancelled() noexcept;

    // Cancels the hooks that run; nothing begins any more.
    void cancel();

    // Records that were given to take() and are not finished, admitted or not.
    [[nodiscard]] std::size_t unfinished() const noexcept { return schedule_.unfinished() + to_admit_; }

private:
    // A block with records that are not finished, or not admitted yet.
    struct used_block
    {
        detail::block_holder block;
        std::size_t left = 0;
        std::size_t memory = 0;
    };
    struct admitted
    {
        used_block* from = nullptr;
        detail::message const* message = nullptr;
        offset_tracker::ticket ticket = 0;
    };
    struct lane final : detail::failure_sink
    {
        lane(lanes_owner& told, strand_signal::strand const& strand) : owner{told}, attempts{strand} {}

        error_action::kind hook_failed(hook where, std::exception_ptr const& error, record_view const& record,
                                       error_action const& action) noexcept override
        {
            return owner.failed_in_lane(attempts, where, error, record, action);
        }
        std::optional<error_action> without_asking(hook where, std::exception_ptr const& error, bool can_ask) override
        {
            return owner.says_of(where, error, can_ask);
        }
        error_action::kind bury(record_view const& record) noexcept override
        {
            return owner.bury_in_lane(attempts, record);
        }
        void hook_took(hook where, std::chrono::nanoseconds time, std::uint64_t weight) noexcept override
        {
            owner.hook_took_in_lane(where, time, weight);
        }

        void cancel_hooks()
        {
            if (running != nullptr)
                running->cancel();
            cancel.emit(boost::asio::cancellation_type::terminal);
        }

        lanes_owner& owner;
        std::unique_ptr<detail::batch_handler> handler;
        record_attempts attempts;
        boost::asio::cancellation_signal cancel;
        detail::hook_run* running = nullptr;
        std::atomic<std::int64_t> position{offset_tracker::nothing_finished};
        hook_stand* stand = nullptr;
    };

    [[nodiscard]] bool begins_none() const noexcept;
    [[nodiscard]] bool has_room() const noexcept;
    [[nodiscard]] bool has_room_again() const noexcept;
    [[nodiscard]] bool has_room_for_block(std::size_t memory) const noexcept;
    void admit(used_block& from, detail::message const& message);
    void start_lanes();
    void start_lane(key_schedule::slot first);
    [[nodiscard]] lane& idle_lane();
    [[nodiscard]] boost::asio::awaitable<void> run(lane& self, key_schedule::slot first);
    [[nodiscard]] std::optional<key_schedule::slot> next();
    void settle(key_schedule::slot which, detail::batch_end end, bool finished);
    void lane_ended(lane& which, std::exception_ptr const& error);
    void stop_with(detail::batch_end how, std::exception_ptr const& error);
    [[nodiscard]] std::size_t living() const noexcept { return all_.size() - idle_.size(); }
    [[nodiscard]] used_block& hold_block(detail::block_holder block, std::size_t memory);
    void let_go(used_block& from);

    strand_signal::strand strand_;
    detail::batch_handler& handler_;
    ordering ordering_;
    std::size_t max_lanes_;
    std::size_t max_bytes_;
    std::size_t max_unfinished_;
    offset_tracker& tracker_;
    std::atomic<bool> const& stop_;
    lanes_owner& owner_;
    detail::record_sampling* sampling_;

    key_schedule schedule_;
    std::vector<admitted> admitted_;
    std::size_t bytes_ = 0;
    std::size_t memory_ = 0; // of all blocks that are kept
    std::size_t to_admit_ = 0;
    std::deque<used_block> blocks_;
    std::vector<used_block*> spare_blocks_;
    std::vector<std::unique_ptr<lane>> all_;
    std::vector<lane*> idle_;
    strand_signal changed_;
    std::weak_ptr<void> keep_alive_;
    bool held_ = false;
    bool stopped_ = false;
};

} // namespace paperboy::pipeline

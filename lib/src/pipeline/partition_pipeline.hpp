#pragma once

#include "kafka/outbox.hpp"
#include "kafka/partition_queue.hpp"
#include "pipeline/batcher.hpp"
#include "pipeline/counters.hpp"
#include "pipeline/drain_rate.hpp"
#include "pipeline/hook_watch.hpp"
#include "pipeline/lanes.hpp"
#include "pipeline/mode_fsm.hpp"
#include "pipeline/offset_tracker.hpp"
#include "pipeline/partition_fsm.hpp"
#include "pipeline/partition_sends.hpp"
#include "pipeline/record_ages.hpp"
#include "pipeline/record_attempts.hpp"
#include "pipeline/slim_executor.hpp"
#include "pipeline/topic_counters.hpp"

#include <paperboy/config.hpp>
#include <paperboy/detail/batch_run.hpp>
#include <paperboy/detail/failure_policy.hpp>
#include <paperboy/handler.hpp>
#include <paperboy/mode.hpp>
#include <paperboy/stats.hpp>
#include <paperboy/topic_partition.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace paperboy::pipeline
{

class partition_pipeline;

// Why a pipeline's hook failed, kept for engine::last_failure().
struct hook_failure
{
    hook where = hook::on_message;
    std::exception_ptr error;
    std::int64_t offset = -1;
};

// Told about a pipeline from its strand. Implementations move to a strand of their own before they act.
class pipeline_owner
{
public:
    pipeline_owner() = default;
    pipeline_owner(pipeline_owner const&) = delete;
    pipeline_owner& operator=(pipeline_owner const&) = delete;

    // A failure ends the pipeline and is its last_failure(); hooks of other records may still run. Called at most once,
    // before pipeline_ended.
    virtual void pipeline_failed(partition_pipeline& which) = 0;

    // The pipeline has ended: none of its hooks runs or will run. Called once.
    virtual void pipeline_ended(partition_pipeline& which) = 0;

    // librdkafka reported an error for the partition in place of a record.
    virtual void partition_error(topic_partition const& where, error_code error, std::string const& text) = 0;

    // Everything before the offset given to catch_up_to, with this plan, is finished. Called once for each.
    virtual void pipeline_passed(partition_pipeline& which, std::uint64_t plan) = 0;

    // The partition goes on at an offset that it has been at before: its position has fallen, and what is committed of
    // it is of a log that is no more.
    virtual void position_fell(partition_pipeline& which) = 0;

    // Enough records have finished for a commit by count.
    virtual void commit_due() = 0;

protected:
    ~pipeline_owner() = default;
};

// What all pipelines of a run share.
struct pipeline_context
{
    pipeline_owner& owner;
    config const& settings;
    counters& totals;
    topic_counters& of_topic;
    kafka::outbox& outbox;
};

// One assigned partition at work: fetches blocks of records and runs the handler over them, on a strand of its own.
class partition_pipeline final : public detail::failure_sink,
                                 public std::enable_shared_from_this<partition_pipeline>,
                                 private lanes_owner
{
public:
    // The options' mode is set. `name`: what the handler was registered with.
    partition_pipeline(pipeline_context context, std::shared_ptr<kafka::client> client, slim_strand strand,
                       topic_partition where, std::size_t fetch_limit, std::unique_ptr<detail::batch_handler> handler,
                       handler_options const& options, std::string name);
    partition_pipeline(partition_pipeline const&) = delete;
    partition_pipeline& operator=(partition_pipeline const&) = delete;
    ~partition_pipeline();

    // To be called before start(): the partition begins at this offset, which is to be committed.
    void begin_at(std::int64_t offset) { tracker_.pass_gap(offset); }

    // To be called before start(): the shards that its records may use, which are used on its strand.
    void use_shards(std::vector<std::shared_ptr<detail::shard_core>> shards) { sends_->keep_shards(std::move(shards)); }

    // Starts the work. `keep_alive` owns the context; it is held until the pipeline has ended.
    void start(std::shared_ptr<void> keep_alive);

    // To be called about once a second, by one strand, when hooks may run or wait: how fast the lag falls.
    void look_at_lag(std::chrono::steady_clock::time_point now);

    // Asks for the end after the record that is in its hooks. Safe from any thread, like cancel_hooks.
    void stop();

    // Cancels awaitable hooks that run now; asks for the end.
    void cancel_hooks();

    // Somebody else has the partition: its tables write nothing more, and hooks that run now are in vain. Two steps,
    // the first for all partitions in front of the second for any. Safe from any thread, also when it has ended.
    void mark_lost();
    void lose();

    // Keeps the pipeline from beginning with another record, or bulk, or lets it again.
    void hold(hold_reason why);
    void release(hold_reason why);

    // How much may be gathered for hooks from now on, in records and in bytes of keys and values, and how large a block
    // may be. Safe from any thread.
    void limit(std::size_t max_records, std::size_t max_bytes, std::size_t block_bytes);

    // How large a block may be, in keys and values and what librdkafka adds: a block is kept until its last record is
    // finished, while the queue fills again. To be called before start(); limit() changes it as well.
    void begin_with_blocks_of(std::size_t bytes) noexcept { block_limit_ = bytes; }

    // In bulk where the handler can and its mode policy lets it, until end_catching_up().
    void begin_catching_up();

    // The same, and tells the owner when everything before `end` is finished. `plan`: what the end belongs to.
    void catch_up_to(std::int64_t end, std::uint64_t plan);

    // Back to the handler's own mode policy.
    void end_catching_up();

    // Wakes a pipeline that rests although its queue has records; to be called at a slow, regular pace by one strand.
    void check_for_missed_wakeup();

    // librdkafka goes on at another offset: where it is a lower one, and no record comes of an empty log, the position
    // falls as soon as the brokers have told the end.
    void offset_was_reset() noexcept { was_reset_.store(true, std::memory_order_relaxed); }
    void check_for_fall();

    // Tells the owner of a step's end that was passed while a later record is in its hooks; to be called at such a
    // pace.
    void check_for_step();

    [[nodiscard]] topic_partition const& where() const noexcept { return where_; }

    // What its hooks are doing.
    [[nodiscard]] std::shared_ptr<partition_watch> const& watch() const noexcept { return watch_; }

    // All in front of it is finished, and acknowledged in what was sent on its behalf; or
    // offset_tracker::nothing_finished. The order of the two reads matters: see outbox::send.
    [[nodiscard]] std::int64_t position() const noexcept
    {
        auto const finished = tracker_.position();
        return std::min(finished, sends_->gate().lowest());
    }

    // Likewise, whatever is acknowledged.
    [[nodiscard]] std::int64_t finished() const noexcept { return tracker_.position(); }

    // Lets go of its dead letters whose topic is missing: their records stay unfinished. Returns how many there were.
    std::size_t forget_letters() { return context_.outbox.forget_letters(*sends_); }

    // What its hooks have sent.
    [[nodiscard]] ack_gate const& sends() const noexcept { return sends_->gate(); }

    // Whether a step waits for what was sent to be acknowledged; look_again() when it is.
    [[nodiscard]] bool waits_for_acks() const noexcept { return waits_for_acks_.load(); }
    void look_again();

    [[nodiscard]] partition_stats stats() const;

    // Valid once the pipeline has failed.
    [[nodiscard]] std::optional<hook_failure> const& last_failure() const noexcept { return failure_; }

private:
    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> serve();
    void broke(std::exception_ptr const& error);
    void cancel_all();
    void cancel_running();
    void keep_failure(hook where, std::exception_ptr const& error, std::int64_t offset);
    void tell_failure();
    boost::asio::awaitable<partition_action> handle_async();
    boost::asio::awaitable<partition_action> handle_on(detail::batch_run& batch, detail::batch_end end);
    boost::asio::awaitable<partition_action> handle_bulk();
    boost::asio::awaitable<partition_action> handle_in_lanes();
    boost::asio::awaitable<void> begin_lower();
    void look_whether_fell(std::int64_t first);
    void fall_if_empty();
    void begin_at_end(std::int64_t end);
    void fall_in_the_end();
    boost::asio::awaitable<partition_action> rest();
    partition_action fetch();
    [[nodiscard]] std::size_t most_to_fetch() const;
    detail::batch_run make_run();
    detail::batch_end run_hooks(detail::batch_run& batch);
    [[nodiscard]] bool has_to_wait(detail::batch_run const& batch, detail::batch_end end) const noexcept;
    boost::asio::awaitable<void> be_held(detail::batch_run const& batch);
    [[nodiscard]] std::int64_t first_offset() const;
    void count_of_block(detail::batch_run const& run, std::uint64_t bytes);
    partition_action finish_batch(detail::batch_run const& run, detail::batch_end end);
    void tell_shards();
    void keep_ages();
    void show_lag(partition_stats& to) const;
    void catches_up_to(std::optional<std::int64_t> end);
    void look_whether_passed();
    void look_whether_caught_up();
    [[nodiscard]] bool begins_behind(std::int64_t end) const;
    void look_whether_congested();
    void on_strand(std::function<void(partition_pipeline&)> change);
    void add_to_bulk(std::uint64_t bytes);
    [[nodiscard]] std::size_t ready_for_bulk() const;
    std::size_t show_collecting(std::size_t ready);
    [[nodiscard]] detail::block_holder take_spare_block();
    void keep_spare(detail::block_holder used);
    void leave() noexcept;
    void give_hooks_up() noexcept;
    void show_held();
    void catches_up(bool on);
    void show_mode(std::int64_t waiting, std::string const& why);
    // Records that were fetched and are not finished.
    [[nodiscard]] std::size_t waiting() const { return batcher_.waiting() + (lanes_ ? lanes_->unfinished() : 0); }
    void look_again_at(std::chrono::steady_clock::time_point when);
    [[nodiscard]] std::int64_t next_offset() const;
    void pass_gap_in_front();
    void choose_mode(std::int64_t next);
    void count(std::size_t records, std::uint64_t bytes);
    error_action::kind hook_failed(hook where, std::exception_ptr const& error, record_view const& record,
                                   error_action const& action) noexcept override;
    std::optional<error_action> without_asking(hook where, std::exception_ptr const& error, bool can_ask) override;
    error_action::kind bury(record_view const& record) noexcept override;
    error_action::kind failed_in_lane(record_attempts& attempts, hook where, std::exception_ptr const& error,
                                      record_view const& record, error_action const& action) noexcept override;
    std::optional<error_action> says_of(hook where, std::exception_ptr const& error, bool can_ask) override;
    error_action::kind bury_in_lane(record_attempts const& attempts, record_view const& record) noexcept override;
    error_action::kind settle(record_attempts& attempts, hook where, std::exception_ptr const& error,
                              record_view const& record, error_action const& action);
    [[nodiscard]] std::string consequence(error_action::kind verdict, record_attempts& attempts);
    void send_dead_letter(detail::burial const& why, record_view const& record);
    void hook_took(hook where, std::chrono::nanoseconds time, std::uint64_t weight) noexcept override
    {
        context_.of_topic.count_hook(where, time, weight);
    }
    void hook_took_in_lane(hook where, std::chrono::nanoseconds time, std::uint64_t weight) noexcept override
    {
        hook_took(where, time, weight);
    }
    void record_finished(record_view const& record) override;
    void block_used_up(detail::block_holder block) override;
    void lane_stopped(detail::batch_end how, std::exception_ptr const& error) override;
    hook_stand* stand_for(std::atomic<std::int64_t> const& position) override { return &watch_->add(position); }
    [[nodiscard]] bool may_log();
    [[nodiscard]] std::string others_not_logged();
    void observe_lag();

    pipeline_context context_;
    topic_partition where_;
    slim_strand strand_;
    std::shared_ptr<partition_sends> sends_ = std::make_shared<partition_sends>();
    kafka::partition_queue queue_;
    std::unique_ptr<detail::batch_handler> handler_;
    detail::block_holder block_;
    std::uint64_t block_bytes_ = 0;
    std::size_t block_limit_ = std::numeric_limits<std::size_t>::max();
    // Of the block, how many records are counted as finished.
    std::size_t counted_ = 0;
    partition_fsm fsm_;
    offset_tracker tracker_;
    std::shared_ptr<partition_watch> watch_;
    hook_stand& stand_;
    detail::hook_run* running_ = nullptr;
    detail::record_sampling sampling_;
    mode_policy policy_;
    mode_fsm mode_;
    batcher batcher_;
    std::vector<detail::block_holder> spare_blocks_;
    // Only where records of the partition may overlap.
    std::optional<lanes> lanes_;
    std::optional<std::int64_t> catching_up_to_;
    std::uint64_t catches_up_for_ = 0;
    std::optional<std::int64_t> end_seen_;
    // One past the last record that was fetched, and whether the block at hand begins before that.
    std::int64_t fetched_up_to_ = offset_tracker::nothing_finished;
    bool falls_ = false;
    // Where a block began lower, until the position has fallen.
    std::optional<std::int64_t> falls_to_;
    std::atomic<bool> was_reset_{false};
    std::chrono::steady_clock::time_point bulk_deadline_;
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                      slim_strand>
        wait_timer_;
    boost::asio::cancellation_signal cancel_;
    std::optional<hook_failure> failure_;
    bool failure_told_ = false;
    std::chrono::steady_clock::time_point last_logged_;
    std::uint64_t not_logged_ = 0;
    detail::failure_policy failures_;
    record_attempts attempts_;
    std::minstd_rand random_;

    std::atomic<bool> leave_early_{false};
    // What the hooks of a block look at: because of that, or since the pipeline is held.
    std::atomic<bool> takes_no_more_{false};
    // Whatever becomes of the hooks that run: see failed_in_lane().
    std::atomic<bool> hooks_given_up_{false};
    std::atomic<bool> in_bulk_{false};
    // For stats(): catching_up_to_, or nothing_finished.
    std::atomic<std::int64_t> shown_end_{offset_tracker::nothing_finished};
    std::atomic<bool> held_{false};
    std::atomic<bool> waits_for_acks_{false};
    std::atomic<bool> resting_{false};
    std::atomic<std::uint64_t> looks_{0};
    std::uint64_t looks_when_checked_ = 0;
    std::atomic<std::uint64_t> records_{0};
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<std::uint64_t> record_size_{0};
    std::atomic<std::size_t> in_flight_{0};
    // Of these, what waits for a bulk to fill.
    std::atomic<std::size_t> collecting_{0};
    record_ages ages_;
    drain_rate drain_rate_;
    std::atomic<double> drains_by_{0};
    // At the last look nothing had ever been fetched, nor was there anything.
    std::atomic<bool> was_empty_{false};
};

} // namespace paperboy::pipeline

#pragma once

#include "kafka/changelog_reader.hpp"
#include "table/checkpoint_fsm.hpp"
#include "table/data_age.hpp"
#include "table/shard_counters.hpp"
#include "table/store_queue.hpp"
#include "table/store_worker.hpp"
#include "table/table_state.hpp"
#include "table/tombstone_watch.hpp"
#include "table/unsent_changes.hpp"
#include "table/working_set.hpp"

#include <paperboy/detail/change_target.hpp>
#include <paperboy/detail/shard_core.hpp>
#include <paperboy/error.hpp>
#include <paperboy/logger.hpp>
#include <paperboy/observer.hpp>
#include <paperboy/shard_store.hpp>
#include <paperboy/stats.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy::tables
{

class shard;

// Told about a shard from its strand. Implementations move to a strand of their own before they act.
class shard_owner
{
public:
    shard_owner() = default;
    shard_owner(shard_owner const&) = delete;
    shard_owner& operator=(shard_owner const&) = delete;

    // The shard wants its changelog from this offset, or from the beginning, to its end: restored() and then
    // restore_finished() or restore_failed() follow.
    virtual void shard_wants_changelog(shard& which, std::optional<std::int64_t> from) = 0;

    // It may be used.
    virtual void shard_ready(shard& which) = 0;

    // It cannot be used any more.
    virtual void shard_failed(shard& which, error_code error, std::string const& text) = 0;

    // Its store is closed.
    virtual void shard_closed(shard& which) = 0;

protected:
    ~shard_owner() = default;
};

// What the shards of one table and run share.
struct shard_context
{
    std::shared_ptr<table_state const> table;
    detail::change_target& target;
    // The changelog, as the target numbers it.
    std::size_t topic = 0;
    std::weak_ptr<shard_owner> owner;
    logger log;
    // What entries may take where there is a store, to begin with.
    std::size_t cache_bytes = 0;
    // Writes to stores that allow it, and closes them.
    std::shared_ptr<store_queue> stores = {};
    std::weak_ptr<store_worker> worker = {};
};

// A partition of a table at work: what hooks read and change, restored from the changelog, written to the store.
//
// open, close, limit and look_at_clock are safe from any thread; acknowledged and told are for the strand of whoever
// sends; the rest is for the shard's own. Of a global table, which the hooks of all partitions use, what hooks do is
// for whoever holds in_use() instead; the shard's strand holds it as well, and reads the changelog on after the
// restore.
class shard final : public detail::shard_core, public std::enable_shared_from_this<shard>, private detail::change_sink
{
public:
    shard(shard_context context, std::int32_t partition, boost::asio::any_io_executor strand);
    shard(shard const&) = delete;
    shard& operator=(shard const&) = delete;
    ~shard() override;

    [[nodiscard]] table_state const& table() const noexcept { return *context_.table; }
    [[nodiscard]] std::int32_t partition() const noexcept { return partition_; }
    [[nodiscard]] shard_counters const& counters() const noexcept { return counters_; }
    // Safe from any thread.
    [[nodiscard]] shard_stats stats() const;
    [[nodiscard]] restore_progress progress() const;
    [[nodiscard]] bool global() const noexcept { return global_; }
    [[nodiscard]] std::mutex& in_use() noexcept { return in_use_; }

    // Opens the store and asks for the changelog.
    void open();

    // Brings the store up to date, if `checkpoint`, and closes it.
    void close(bool checkpoint);

    // Whatever hooks still change goes nowhere. Thread-safe.
    void send_nothing();

    // What entries may take from now on, where there is a store.
    void limit(std::size_t cache_bytes);

    // To be called about once a second.
    void look_at_clock();

    // The changelog, as it is read; of a global table also after restore_finished().
    void show_progress(kafka::changelog_progress const& so_far);
    void known(std::span<shard_change const> changes);
    void forget_known(std::string_view why);
    [[nodiscard]] kafka::changelog_flow restored(std::span<shard_change const> changes, std::int64_t next_offset);
    void restore_finished(std::int64_t next_offset);
    void restore_failed(kafka::changelog_failure const& why);

    // Keeps a reading of the changelog until it is over. Safe from any thread.
    void keep_reading(kafka::changelog_reading reading);

    // What hooks do.
    [[nodiscard]] pinned_value get(std::string_view key) override;
    void change(std::string_view key, std::optional<std::string_view> value, record_view const* cause) override;
    void change(std::string_view key, std::optional<std::string_view> value, record_view const* cause,
                std::shared_ptr<detail::send_completion> completion) override;
    [[nodiscard]] std::unique_ptr<shard_cursor> walk(std::string_view from, std::string_view to) override;
    [[nodiscard]] std::unique_ptr<shard_cursor> snapshot(std::string_view from, std::string_view to) override;
    void batch_begins(std::span<detail::message const* const> records) override;
    void batch_ended() override;
    void lose() override;
    void look_ended() override;
    [[nodiscard]] error_code usable() const noexcept override;
    [[nodiscard]] boost::asio::any_io_executor executor() const override { return strand_; }

private:
    enum class phase
    {
        idle,
        restoring,
        ready,
        // Until the store has what it should.
        closing,
        closed,
    };

    // Of a value, or of none: its size and a hash.
    using value_digest = std::optional<std::pair<std::size_t, std::size_t>>;

    // Of a run of changes.
    struct acknowledgement
    {
        working_set::change_number first;
        std::size_t count;
        std::int64_t offset;
    };

    [[nodiscard]] working_set& set();
    [[nodiscard]] std::string describe() const;
    [[nodiscard]] std::string describe_store() const;
    template <class Look>
    [[nodiscard]] auto looking(Look look);
    void reading_failed(store_error const& error);
    void damaged(store_error const& error);
    void misplaced(working_set::misplaced_change const& which);
    [[nodiscard]] bool worthless() const noexcept { return damaged_ || misplaced_; }
    [[nodiscard]] std::unique_lock<std::mutex> lock_if_global();
    void begin();
    void ask_changelog(std::optional<std::int64_t> from);
    [[nodiscard]] bool open_store();
    [[nodiscard]] bool is_of_this_changelog();
    void adopt_identity();
    void read_on();
    void read_all();
    void begin_again(std::string const& why);
    [[nodiscard]] bool may_rebuild() const;
    void changelog_lost(std::string const& why);
    void take(std::span<shard_change const> changes, std::int64_t next_offset);
    [[nodiscard]] bool fits_changelog();
    [[nodiscard]] bool can_decode(std::span<shard_change const> changes);
    void stop_preparing();
    void start_preparing(boost::asio::awaitable<void> work);
    [[nodiscard]] boost::asio::awaitable<void> prepare_stored(std::int64_t from, std::uint64_t reading);
    [[nodiscard]] boost::asio::awaitable<void> prepare_block(restore_buffer changes, std::int64_t next_offset,
                                                             std::uint64_t reading);
    [[nodiscard]] boost::asio::awaitable<bool> prepare(std::string_view key, std::optional<std::string_view> value,
                                                       std::uint64_t reading);
    void write_collected();
    void wrote_collected(std::optional<store_error> const& error);
    void finish_restore();
    void become_ready();
    void store_failed(store_error const& error);
    [[nodiscard]] bool come_too_late();
    [[nodiscard]] bool lacks_tombstones();
    void finish(bool checkpoint);
    void close_store();
    void clear_store();
    void gone();
    void fail(error_code error, std::string const& text);
    template <class Work>
    void guarded(Work work);
    [[nodiscard]] working_set_settings settings() const;

    [[nodiscard]] working_set::change_number put(std::string_view key, std::optional<std::string_view> value);
    void keep_unsent(std::string_view key, std::optional<std::string_view> value, record_view const* cause);
    [[nodiscard]] bool unsent_long_enough();
    void send_soon();
    void send_unsent(std::shared_ptr<detail::send_completion> completion = nullptr);

    void acknowledged(std::uint64_t first, std::size_t count, std::int64_t offset) override
    {
        told_.push_back({first, count, offset});
    }
    void told() override;
    void take_acknowledgements();
    void checkpoint_if_due();
    bool checkpoint();
    void checkpoint_failed(store_error const& error);
    [[nodiscard]] std::optional<data_age::time_point> age();
    void wrote(working_set::store_update& update, std::optional<store_error> const& error);
    void count();
    void read_back(std::span<shard_change const> changes, std::int64_t next_offset);

    shard_context const context_;
    std::int32_t const partition_;
    boost::asio::any_io_executor const strand_;
    std::size_t cache_bytes_;
    bool const coalesce_;
    bool const global_;
    // What it is when it is closed: the run of a global table is over.
    errc const closed_;
    std::mutex in_use_;

    std::atomic<phase> phase_{phase::idle};
    bool begun_again_ = false;
    // The reading began with all of the changelog, not behind what is in a store.
    bool from_nothing_ = false;
    // Of the last changes in front of what is read: a key, and what its value has to be in the store.
    std::map<std::string, value_digest, std::less<>> known_;
    // The restore has failed: nothing may be written behind a piece that is not in the store.
    bool given_up_ = false;
    bool late_told_ = false;
    // What its hooks still change counts nowhere else.
    bool lost_ = false;
    // Nothing is written any more to a store that is one of these, and it is emptied when it is closed: found damaged,
    // by whoever reads it, or of a changelog that is another by now.
    std::atomic<bool> damaged_{false};
    bool misplaced_ = false;
    // Why it is to begin again, when the worker still has the store.
    std::optional<std::string> begin_again_;
    // The changelog was read to its end; what is collected still goes to the store.
    bool all_read_ = false;
    // The reading waits until something was written.
    bool held_ = false;
    // A block waits for what serdes need, and the reading with it.
    bool block_waits_ = false;
    // What an entry needs was refused for good: others are asked for once.
    bool refused_ = false;
    // How many coroutines fetch what serdes need, and what stops the newest.
    int preparing_ = 0;
    std::shared_ptr<boost::asio::cancellation_signal> stop_preparing_;
    // Grows with each reading: what was begun for an earlier one is over.
    std::uint64_t readings_ = 0;
    tombstone_watch tombstones_;
    // Shared with a checkpoint that is being written.
    std::shared_ptr<shard_store> store_;
    bool writing_ = false;
    // A checkpoint that follows the one at hand, when the shard is closed meanwhile.
    bool last_one_wanted_ = false;
    std::optional<working_set> set_;
    checkpoint_fsm checkpoint_;
    data_age age_;
    unsent_changes unsent_;
    std::chrono::steady_clock::time_point unsent_since_;
    bool sends_soon_ = false;
    // Those of a run that is being sent.
    std::vector<shard_change> run_;
    kafka::changelog_reading reading_;
    int walks_ = 0;
    shard_counters counters_;

    // For the strand of whoever sends.
    std::vector<acknowledgement> told_;
    // On their way to the shard's.
    std::mutex guard_;
    std::vector<acknowledgement> arrived_;
    bool posted_ = false;
    std::vector<acknowledgement> taken_;
};

} // namespace paperboy::tables

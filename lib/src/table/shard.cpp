#include "table/shard.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <functional>
#include <span>
#include <stdexcept>
#include <utility>

namespace paperboy::tables
{

namespace asio = boost::asio;

namespace
{

// Tells of a store that turns out to be broken while it is walked.
class watched_cursor : public shard_cursor
{
public:
    using failure_call = std::function<void(store_error const&)>;

    watched_cursor(std::unique_ptr<shard_cursor> over, failure_call failed)
        : over_{std::move(over)}, failed_{std::move(failed)}
    {
    }

    [[nodiscard]] bool valid() const override { return over_->valid(); }
    [[nodiscard]] std::string_view key() const override { return over_->key(); }
    [[nodiscard]] std::string_view value() const override { return over_->value(); }
    void next() override
    try
    {
        over_->next();
    }
    catch (store_error const& error)
    {
        failed_(error);
        throw;
    }

private:
    std::unique_ptr<shard_cursor> over_;
    failure_call failed_;
};

// Counts the walks at hand, which no change may disturb.
class counted_cursor final : public watched_cursor
{
public:
    counted_cursor(std::unique_ptr<shard_cursor> over, failure_call failed, int& walks)
        : watched_cursor{std::move(over), std::move(failed)}, walks_{walks}
    {
        ++walks_;
    }
    counted_cursor(counted_cursor const&) = delete;
    counted_cursor& operator=(counted_cursor const&) = delete;
    ~counted_cursor() override { --walks_; }

private:
    int& walks_;
};

// What waits for a checkpoint, and what is on its way by one, may fill the memory for entries, not more.
std::size_t most_to_wait(table_options const& options, std::size_t cache_bytes)
{
    return std::min(options.checkpoint_bytes, cache_bytes / 2);
}

checkpoint_settings checkpoints_of(table_options const& options, std::size_t cache_bytes)
{
    auto settings = checkpoint_settings{};
    settings.interval = options.checkpoint_interval;
    settings.bytes = most_to_wait(options, cache_bytes);
    return settings;
}

} // namespace

shard::shard(shard_context context, std::int32_t partition, asio::any_io_executor strand)
    : shard_core{*context.table}, context_{std::move(context)}, partition_{partition}, strand_{std::move(strand)},
      cache_bytes_{context_.cache_bytes}, coalesce_{table().setup().options.coalesce}, global_{table().global()},
      closed_{global_ ? errc::not_running : errc::not_local},
      checkpoint_{checkpoints_of(table().setup().options, context_.cache_bytes), std::chrono::steady_clock::now()}
{
    keep_serdes(table().setup().make_serdes());
}

// Whoever is the last to have it: closing a store may take long.
shard::~shard()
{
    set_.reset();
    if (!store_ || !store_->concurrent() || !context_.stores)
        return;
    try
    {
        context_.stores->run("closing the store of " + describe_store(),
                             [store = std::exchange(store_, nullptr)]() mutable { store.reset(); });
    }
    catch (std::exception const&)
    {
        store_.reset(); // no memory, or no thread: closed here
    }
}

std::string shard::describe() const
{
    return "partition " + std::to_string(partition_) + " of table \"" + table().name() + "\"";
}

std::string shard::describe_store() const
{
    auto const place = table().setup().stores->place();
    return describe() + (place.empty() ? "" : " in " + place);
}

std::unique_lock<std::mutex> shard::lock_if_global()
{
    return global_ ? std::unique_lock{in_use_} : std::unique_lock<std::mutex>{};
}

working_set& shard::set()
{
    if (phase_ != phase::ready)
        throw setup_error{closed_,
                          "paperboy: " + describe() + " is not here any more; a shard is for the hooks of its record"};
    return *set_;
}

error_code shard::usable() const noexcept
{
    auto const now = phase_.load();
    if (now == phase::ready)
        return damaged_ ? make_error_code(errc::store_failed) : error_code{};
    return now == phase::closing || now == phase::closed ? closed_ : errc::restoring;
}

// ---- what hooks do

working_set::change_number shard::put(std::string_view key, std::optional<std::string_view> value)
{
    auto& to = set();
    if (walks_ > 0)
        throw std::logic_error{"paperboy: " + describe() +
                               " cannot be changed while it is walked; keep the keys, and change them afterwards"};
    return value ? to.set(key, *value) : to.erase(key);
}

void shard::change(std::string_view key, std::optional<std::string_view> value, record_view const* cause)
{
    keep_unsent(key, value, cause);
    if (coalesce_)
        return;
    if (global_ || unsent_long_enough())
        return send_unsent();
    send_soon();
}

// What somebody waits for is sent at once, behind all that was changed before.
void shard::change(std::string_view key, std::optional<std::string_view> value, record_view const* cause,
                   std::shared_ptr<detail::send_completion> completion)
{
    send_unsent();
    keep_unsent(key, value, cause);
    send_unsent(std::move(completion));
}

void shard::keep_unsent(std::string_view key, std::optional<std::string_view> value, record_view const* cause)
{
    static auto const nobody = std::shared_ptr<detail::send_ledger>{};
    auto const& ledger = cause != nullptr ? cause->ledger() : nobody;
    if (unsent_.of_others(ledger))
        send_unsent();
    unsent_.add(put(key, value), ledger, cause != nullptr ? cause->offset() : -1);
}

// Changes are sent in runs, for librdkafka's sake and ours: alone, each costs two looks at the clock, a turn of every
// lock and a report. But a hook that takes long must not keep the changes of those before it. The clock is looked at
// after 1, 2, 4, 8, 16, 24 … changes: it is dear as well.
bool shard::unsent_long_enough()
{
    constexpr auto long_enough = std::chrono::milliseconds{1};
    auto const changes = unsent_.size();
    if (changes >= detail::change_run::most)
        return true;
    if (!std::has_single_bit(changes) && changes % 8 != 0)
        return false;
    auto const now = std::chrono::steady_clock::now();
    if (changes == 1)
        unsent_since_ = now;
    return now - unsent_since_ >= long_enough;
}

// When the hooks give the strand back, as one that waits for something does. A batch that ends comes before that.
void shard::send_soon()
{
    if (std::exchange(sends_soon_, true))
        return;
    asio::post(strand_,
               [self = shared_from_this()]
               {
                   self->sends_soon_ = false;
                   if (self->phase_ == phase::ready)
                       self->send_unsent();
               });
}

// Of a global table each change is a run of its own: it counts where it stands in the changelog.
void shard::send_unsent(std::shared_ptr<detail::send_completion> completion)
{
    if (lost_)
    {
        unsent_.forget();
        if (completion)
            completion->complete(asio::error::operation_aborted, {});
        return;
    }
    auto const send = [&](working_set::change_number first, std::span<std::int64_t const> causes, std::int64_t held,
                          std::shared_ptr<detail::send_ledger> const& ledger)
    {
        run_.clear();
        set_->send_changes([this](working_set::change_number, shard_change const& each) { run_.push_back(each); },
                           causes.size());
        auto run = detail::change_run{};
        run.topic = context_.topic;
        run.partition = partition_;
        run.changes = run_;
        run.causes = causes;
        run.ledger = ledger;
        run.held = held;
        run.sink = this;
        run.number = first;
        run.completion = std::exchange(completion, nullptr);
        context_.target.send(std::move(run));
    };
    unsent_.take(global_ ? 1 : detail::change_run::most, send);
}

void shard::batch_begins(std::span<detail::message const* const> records)
{
    if (phase_ == phase::ready && !global_)
        set_->expect(records.size(),
                     [records](std::size_t at)
                     {
                         auto const& each = *records[at];
                         return std::string_view{static_cast<char const*>(each.key), each.key_size};
                     });
}

void shard::batch_ended()
{
    if (phase_ != phase::ready)
        return;
    set_->expect_nothing();
    send_unsent();
    set_->trim();
    count();
}

// Nothing else may come for a long time that would forget what looks have brought into memory.
void shard::look_ended()
{
    if (phase_ != phase::ready)
        return;
    set_->look_ended();
    count();
}

template <class Look>
auto shard::looking(Look look)
{
    try
    {
        return look();
    }
    catch (store_error const& error)
    {
        reading_failed(error);
        throw;
    }
}

pinned_value shard::get(std::string_view key)
{
    return looking([&] { return set().get(key); });
}

std::unique_ptr<shard_cursor> shard::walk(std::string_view from, std::string_view to)
{
    return std::make_unique<counted_cursor>(
        looking([&] { return set().walk(from, to); }), [this](store_error const& error) { reading_failed(error); },
        walks_);
}

// It may outlive the shard, and be walked by any thread.
std::unique_ptr<shard_cursor> shard::snapshot(std::string_view from, std::string_view to)
{
    return std::make_unique<watched_cursor>(looking([&] { return set().snapshot(from, to); }),
                                            [weak = weak_from_this()](store_error const& error)
                                            {
                                                if (auto const self = weak.lock())
                                                    self->reading_failed(error);
                                            });
}

// Whoever reads gets the error. A store that cannot be read now may be mended, but one that is damaged would go on to
// answer for keys that are in memory, or in files that are whole, and nobody would know how long for the others.
void shard::reading_failed(store_error const& error)
{
    if (error.why() == store_failure::damaged)
        damaged(error);
}

void shard::damaged(store_error const& error)
{
    if (!damaged_.exchange(true))
        fail(errc::store_failed, describe() + ": its store is damaged: " + error.what() +
                                     "; start again, and it is rebuilt from the changelog");
}

// ---- what the brokers have acknowledged

void shard::told()
{
    {
        auto const lock = std::scoped_lock{guard_};
        arrived_.insert(arrived_.end(), told_.begin(), told_.end());
        told_.clear();
        if (std::exchange(posted_, true))
            return;
    }
    asio::post(strand_, [self = shared_from_this()] { self->take_acknowledgements(); });
}

void shard::take_acknowledgements()
{
    {
        auto const lock = std::scoped_lock{guard_};
        taken_.swap(arrived_);
        posted_ = false;
    }
    auto const lock = lock_if_global();
    if (phase_ == phase::ready && !lost_)
    {
        for (auto const& each : taken_)
            set_->acknowledged(each.first, each.offset, each.count);
        if (auto const& which = set_->misplaced())
            misplaced(*which);
        checkpoint_if_due();
        count();
    }
    taken_.clear();
}

// Nobody else writes to the changelog, so it was made anew under us, and lacks what we have; or a client that was
// replaced has produced something again behind what came after it. Either way the table is not its changelog's fold,
// and would be another one after the next restore.
void shard::misplaced(working_set::misplaced_change const& which)
{
    if (std::exchange(misplaced_, true))
        return;
    fail(errc::wrong_changelog,
         describe() + ": a change was written to offset " + std::to_string(which.offset) + " of partition " +
             std::to_string(partition_) + " of its changelog \"" + table().changelog() + "\", where offset " +
             std::to_string(which.at_least) +
             " has to be the next: the topic was deleted and made anew while the engine ran, or has another order than "
             "the changes. Start again, and the table is what the topic holds now; if that lacks changes, handle the "
             "table's sources again from their beginning");
}

void shard::look_at_clock()
{
    if (counters_.dirty_bytes.load(std::memory_order_relaxed) > 0)
        asio::post(strand_,
                   [self = shared_from_this()]
                   {
                       auto const lock = self->lock_if_global();
                       if (self->phase_ == phase::ready)
                           self->checkpoint_if_due();
                   });
}

void shard::limit(std::size_t cache_bytes)
{
    asio::post(strand_,
               [self = shared_from_this(), cache_bytes]
               {
                   auto const lock = self->lock_if_global();
                   self->cache_bytes_ = cache_bytes;
                   self->checkpoint_.limit(most_to_wait(self->table().setup().options, cache_bytes));
                   if (self->set_ && self->store_)
                       self->set_->limit(cache_bytes, self->settings().restore_bytes);
               });
}

void shard::checkpoint_if_due()
{
    if (!writing_ && !lost_ && !worthless() && checkpoint_.due(std::chrono::steady_clock::now(), set_->dirty_bytes()))
        checkpoint();
}

// 1. What the store lacks is copied; the entries know that they leave.
// 2. The worker writes it. Hooks go on: what they read is in memory, or in the store before and after.
// 3. wrote() lets go of the entries, or keeps them where that failed. Only then may another one begin, or the store be
//    closed.
//
// A restore writes what it has collected in the same way.
bool shard::checkpoint()
{
    auto update = set_->begin_checkpoint();
    if (!update)
        return false;
    update->as_of = age();
    auto const shared = std::make_shared<working_set::store_update>(std::move(*update));
    auto const error = std::make_shared<std::optional<store_error>>();
    auto write = [store = store_, shared, error]
    {
        try
        {
            shared->write(*store);
        }
        catch (store_error const& thrown)
        {
            error->emplace(thrown);
        }
        catch (std::exception const& thrown)
        {
            error->emplace(store_failure::unusable, thrown.what());
        }
    };
    auto const worker = context_.worker.lock();
    if (!worker || !store_->concurrent())
    {
        write();
        wrote(*shared, *error);
        return true;
    }
    writing_ = true;
    worker->run((phase_ == phase::restoring ? "restoring " : "the checkpoint of ") + describe_store(), std::move(write),
                [self = shared_from_this(), shared, error]
                {
                    asio::post(self->strand_,
                               [self, shared, error]
                               {
                                   auto const lock = self->lock_if_global();
                                   self->writing_ = false;
                                   self->wrote(*shared, *error);
                               });
                });
    return true;
}

std::optional<data_age::time_point> shard::age()
{
    if (!global_ && phase_ != phase::restoring)
        age_.acknowledged(set_->first_pending(), set_->next_number(), std::chrono::system_clock::now());
    return age_.as_of();
}

void shard::wrote(working_set::store_update& update, std::optional<store_error> const& error)
{
    set_->end_checkpoint(update, !error);
    if (phase_ == phase::restoring)
        return wrote_collected(error);
    if (error)
        checkpoint_failed(*error);
    else
    {
        checkpoint_.done(std::chrono::steady_clock::now());
        counters_.checkpoints.fetch_add(1, std::memory_order_relaxed);
    }
    count();
    if (phase_ == phase::closing && !writing_ && preparing_ == 0)
        close_store();
}

// A store that cannot be written now, as on a full disk, costs memory: what is not in it stays here.
void shard::checkpoint_failed(store_error const& error)
{
    checkpoint_.failed(std::chrono::steady_clock::now());
    counters_.failed_checkpoints.fetch_add(1, std::memory_order_relaxed);
    context_.log(log_level::warning,
                 describe() + ": its store cannot be written, changes stay in memory: " + error.what());
    if (error.why() == store_failure::damaged && phase_ == phase::ready)
        damaged(error);
}

shard_stats shard::stats() const
{
    auto const offset = [](std::atomic<std::int64_t> const& of)
    {
        auto const value = of.load();
        return value == shard_counters::none ? std::nullopt : std::optional{value};
    };
    auto result = shard_stats{};
    result.table = table().name();
    result.partition = partition_;
    result.restoring = !counters_.ready.load();
    auto const restore = progress();
    result.restored = restore.records;
    result.restored_fraction = restore.fraction;
    result.restored_per_second = restore.records_per_second;
    if (result.restoring)
        result.restore_left = restore.left;
    result.entries = counters_.entries.load();
    result.bytes = counters_.bytes.load();
    result.dirty_bytes = counters_.dirty_bytes.load();
    result.pending = counters_.pending.load();
    result.next_offset = offset(counters_.next_offset);
    result.stored_offset = offset(counters_.stored_offset);
    result.checkpoints = counters_.checkpoints.load();
    result.failed_checkpoints = counters_.failed_checkpoints.load();
    return result;
}

void shard::count()
{
    constexpr auto relaxed = std::memory_order_relaxed;
    if (!set_)
        return;
    counters_.entries.store(set_->resident(), relaxed);
    counters_.bytes.store(set_->bytes(), relaxed);
    counters_.dirty_bytes.store(set_->dirty_bytes(), relaxed);
    counters_.pending.store(set_->pending(), relaxed);
    counters_.next_offset.store(set_->next_offset().value_or(shard_counters::none), relaxed);
    counters_.stored_offset.store(set_->stored_offset().value_or(shard_counters::none), relaxed);
}

} // namespace paperboy::tables

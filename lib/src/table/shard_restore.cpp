// The part of a shard that opens it, and fills it from its changelog.

#include "table/shard.hpp"

#include "kafka/changelog_topic.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace paperboy::tables
{

namespace asio = boost::asio;

namespace
{

// Half of the entries' memory, which is empty while they are restored: a second piece is collected while one is
// written. But no file is made of less.
constexpr auto least_restore_bytes = std::size_t{1} << 20U;

constexpr auto too_old = "it is older than the changelog keeps tombstones";
constexpr auto too_slow = "reading it takes longer than the changelog keeps tombstones";

// What the brokers do not tell, as where we have no right to ask, is most likely what Kafka has by default.
constexpr auto usual_stay = std::chrono::milliseconds{std::chrono::hours{24}};

std::string text_of_stay(std::optional<std::chrono::milliseconds> told)
{
    if (!told)
        return "24 h, Kafka's default: its delete.retention.ms is not known";
    return "delete.retention.ms, " + std::to_string(told->count()) + " ms";
}

std::string remedy_for_slowness(std::optional<std::chrono::milliseconds> told, std::string const& changelog)
{
    return (told ? "raise the delete.retention.ms of \""
                 : "allow DescribeConfigs on, and raise the delete.retention.ms of \"") +
           changelog + '"';
}

std::int64_t now_ns()
{
    return std::chrono::nanoseconds{std::chrono::steady_clock::now().time_since_epoch()}.count();
}

std::optional<std::pair<std::size_t, std::size_t>> digest_of(std::optional<std::string_view> value)
{
    if (!value)
        return std::nullopt;
    return std::pair{value->size(), std::hash<std::string_view>{}(*value)};
}

// How much is restored, 0 to 1. Offsets are counted: records that were compacted away, or that end transactions, count
// as done.
double fraction_of(shard_counters const& of)
{
    auto const from = of.from.load();
    auto const end = of.end.load();
    if (of.ready.load())
        return 1;
    if (end == shard_counters::none || end <= from)
        return 0;
    return std::clamp(static_cast<double>(of.at.load() - from) / static_cast<double>(end - from), 0.0, 1.0);
}

} // namespace

restore_progress shard::progress() const
{
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    auto result = restore_progress{};
    result.table = table().name();
    result.partition = partition_;
    result.records = counters_.restored.load();
    result.done = counters_.ready.load();
    result.fraction = fraction_of(counters_);
    auto const began = counters_.began.load();
    if (began == shard_counters::none)
        return result;
    auto const ended = counters_.ended.load();
    auto const took = std::chrono::nanoseconds{(ended == shard_counters::none ? now_ns() : ended) - began};
    result.elapsed = duration_cast<milliseconds>(took);
    if (auto const seconds = std::chrono::duration<double>{took}.count(); seconds > 0)
        result.records_per_second = static_cast<double>(result.records) / seconds;
    if (result.fraction > 0)
        result.left = duration_cast<milliseconds>(took * (1 / result.fraction - 1));
    return result;
}

working_set_settings shard::settings() const
{
    auto const& options = table().setup().options;
    auto result = working_set_settings{};
    result.who = global_ ? writers::many : writers::one;
    result.coalesce = options.coalesce;
    result.ordered = options.ordered;
    if (store_)
    {
        result.bytes = cache_bytes_;
        result.restore_bytes = std::max(least_restore_bytes, cache_bytes_ / 2);
    }
    return result;
}

void shard::open()
{
    asio::post(strand_, [self = shared_from_this()] { self->begin(); });
}

// Runs what may find the store broken. One that is damaged is emptied, once, and filled again.
template <class Work>
void shard::guarded(Work work)
{
    try
    {
        work();
    }
    catch (store_error const& error)
    {
        store_failed(error);
    }
    catch (std::exception const& error)
    {
        fail(errc::store_failed, describe() + ": " + error.what());
    }
}

void shard::store_failed(store_error const& error)
{
    if (error.why() == store_failure::damaged && store_ && !begun_again_)
        return begin_again(error.what());
    fail(errc::store_failed, describe() + ": " + error.what());
}

void shard::begin()
{
    auto const lock = lock_if_global();
    if (phase_ != phase::idle)
        return;
    phase_ = phase::restoring;
    counters_.began = now_ns();
    guarded(
        [this]
        {
            if (!open_store())
                return;
            set_.emplace(store_.get(), settings());
            auto const from = set_->next_offset();
            if (from)
                read_on();
            else
                read_all();
            if (from && table().setup().preparation.ready != nullptr)
                start_preparing(prepare_stored(*from, readings_));
            else
                ask_changelog(from);
        });
}

void shard::read_on()
{
    auto const as_of = store_->as_of();
    age_.read_on(as_of, std::chrono::system_clock::now());
    tombstones_.read_on(as_of);
}

void shard::read_all()
{
    from_nothing_ = true;
    auto const now = std::chrono::system_clock::now();
    age_.read_all(now);
    tombstones_.read_all(now);
}

void shard::ask_changelog(std::optional<std::int64_t> from)
{
    if (auto const owner = context_.owner.lock())
        owner->shard_wants_changelog(*this, from);
}

// False: the shard has failed.
bool shard::open_store()
{
    if (!table().setup().stores)
        return true;
    store_ = table().setup().stores->open(table().name(), partition_);
    if (store_->next_offset() && is_of_this_changelog())
        return true;
    if (store_->next_offset().value_or(0) > 0)
    {
        auto const why = "it is of the topic " + store_->changelog_identity() + ", and not of " + table().identity() +
                         ", which has other records";
        if (!may_rebuild())
        {
            changelog_lost(why);
            return false;
        }
        context_.log(log_level::warning, describe() + ": its store is rebuilt: " + why);
    }
    store_->clear(table().identity());
    return true;
}

// Offsets of a topic that was deleted and made anew mean other records. Where that cannot be told for certain, the
// records in front of the store's offset tell.
bool shard::is_of_this_changelog()
{
    auto const known = store_->changelog_identity();
    auto const found = table().identity();
    if (known != found && !kafka::certainly_another(known, found))
        context_.log(log_level::warning, describe() + ": whether its store, which is of the topic " + known +
                                             ", is of its changelog, " + found +
                                             ", is decided by the records in front of its offset");
    return !kafka::certainly_another(known, found);
}

bool shard::may_rebuild() const
{
    return table().setup().options.on_changelog_loss == changelog_loss::rebuild;
}

// What only the store has would be gone with it.
void shard::changelog_lost(std::string const& why)
{
    if (may_rebuild())
        return begin_again(why);
    fail(errc::wrong_changelog,
         describe() + ": its changelog \"" + table().changelog() + "\" has lost what its store has: " + why +
             ". The store is left as it is, \"paperboy table dump\" shows what RocksDB has of it. To go on with what "
             "the "
             "topic has, set table_options::on_changelog_loss to rebuild, or remove the directory of the stores");
}

// 1. What is read comes too late: erased keys may be in here that nothing takes away any more.
// 2. A restore begins again, once. One that began with nothing was too slow itself; when that is so again, it would be
//    for ever.
// 3. Of a global table whose restore is over, hooks may have seen such a key already.
bool shard::lacks_tombstones()
{
    auto const told = table().tombstones_stay();
    if (!tombstones_.too_late(told.value_or(usual_stay), std::chrono::system_clock::now()))
        return false;
    if (phase_ == phase::restoring && !begun_again_)
        begin_again(std::string{from_nothing_ ? too_slow : too_old} + " (" + text_of_stay(told) + ")");
    else if (!std::exchange(late_told_, true))
        fail(errc::restore_failed, describe() + ": reading its changelog takes longer than that keeps tombstones (" +
                                       text_of_stay(told) + "), so erased keys would come back; " +
                                       remedy_for_slowness(told, table().changelog()));
    return true;
}

void shard::known(std::span<shard_change const> changes)
{
    if (phase_ != phase::restoring || given_up_ || begin_again_)
        return;
    for (auto const& each : changes)
        known_.insert_or_assign(std::string{each.key}, digest_of(each.value));
}

void shard::forget_known(std::string_view why)
{
    known_.clear();
    context_.log(log_level::warning,
                 describe() + ": its store is not compared with \"" + table().changelog() +
                     "\", which cannot be read in front of the store's offset: " + std::string{why});
}

// The store is the fold of what is in front of its offset, so what was changed last there is in it, or, by a tombstone,
// is not. A topic of the same name may be another, without a mark that tells so:
// 1. an operator makes the changelog, the store follows it to offset 500, and the engine stops for long;
// 2. the topic is deleted and made anew, and other engines write it past offset 500;
// 3. this one goes on from 500, and has keys that nobody else has, and not what the others wrote in front of it.
// Compaction does not mislead: what is left of a key there is its last change in front of the offset, unless there is
// nothing, as older ones go before it or with it. Then, and where the values are the same by chance, it goes unnoticed.
//
// False: the restore begins again, or has failed.
bool shard::fits_changelog()
{
    auto const known = std::exchange(known_, {});
    if (known.empty())
        return true;
    auto const is_in_store = [this](auto const& each)
    {
        auto const kept = store_->get(each.first);
        return each.second == digest_of(kept ? std::optional{*kept} : std::nullopt);
    };
    auto fits = false;
    guarded(
        [&]
        {
            fits = std::ranges::all_of(known, is_in_store);
            if (!fits)
                begin_again("it has other values than \"" + table().changelog() +
                            "\" in front of its offset: the topic was made anew, or changed by others");
        });
    return fits;
}

// What is in the store does not lead to the changelog's end: all of it is read again, when nobody writes to it.
void shard::begin_again(std::string const& why)
{
    begun_again_ = true;
    tombstones_ = {};
    known_.clear();
    all_read_ = false;
    held_ = false;
    stop_preparing();
    if (writing_)
    {
        begin_again_ = why;
        return reading_.cancel();
    }
    begin_again_.reset();
    auto const what = store_ ? ": its store cannot be used, it is rebuilt: " : ": it is restored anew: ";
    context_.log(log_level::warning, describe() + what + why);
    guarded(
        [this]
        {
            set_.reset();
            reading_.cancel();
            if (store_)
                store_->clear(table().identity());
            set_.emplace(store_.get(), settings());
            read_all();
            ask_changelog(std::nullopt);
        });
}

// A store as old as tombstones stay is good as long as nothing has come since.
void shard::show_progress(kafka::changelog_progress const& so_far)
{
    if (phase_ != phase::restoring && phase_ != phase::ready)
        return;
    auto const more = so_far.position < so_far.end || tombstones_.moves(so_far.position);
    if (more && !given_up_ && !begin_again_ && lacks_tombstones())
        return;
    auto const end = std::max(so_far.end, so_far.high_watermark.value_or(so_far.end));
    tombstones_.moved(so_far.position, end, std::chrono::system_clock::now());
    if (phase_ == phase::ready && so_far.at_end)
        age_.caught_up(std::chrono::system_clock::now());
    constexpr auto relaxed = std::memory_order_relaxed;
    if (phase_ != phase::restoring)
        return;
    counters_.restored.store(so_far.records, relaxed);
    counters_.from.store(so_far.from, relaxed);
    counters_.end.store(so_far.end, relaxed);
    counters_.at.store(so_far.position, relaxed);
}

// The reading may be over already, or not wanted any more: then it ends with this. That of a global table goes on.
void shard::keep_reading(kafka::changelog_reading reading)
{
    auto const kept = std::make_shared<kafka::changelog_reading>(std::move(reading));
    asio::post(strand_,
               [self = shared_from_this(), kept]
               {
                   auto arrived = std::move(*kept);
                   auto const restoring = self->phase_ == phase::restoring && !self->given_up_;
                   if (restoring || (self->global_ && self->phase_ == phase::ready))
                       self->reading_ = std::move(arrived);
               });
}

// One piece is collected while another is written. When that takes longer, or when all was read but what follows in a
// tail, the reading waits.
kafka::changelog_flow shard::restored(std::span<shard_change const> changes, std::int64_t next_offset)
{
    auto const lock = lock_if_global();
    if (!fits_changelog() || (!changes.empty() && come_too_late()))
        return kafka::changelog_flow::next;
    if (can_decode(changes))
        take(changes, next_offset);
    else
    {
        auto kept = restore_buffer{};
        for (auto const& each : changes)
            kept.add(each);
        block_waits_ = true;
        start_preparing(prepare_block(std::move(kept), next_offset, readings_));
    }
    return held_ || block_waits_ ? kafka::changelog_flow::hold : kafka::changelog_flow::next;
}

bool shard::come_too_late()
{
    if ((phase_ != phase::restoring && phase_ != phase::ready) || given_up_ || begin_again_)
        return false;
    tombstones_.arrived(std::chrono::system_clock::now());
    return lacks_tombstones();
}

void shard::take(std::span<shard_change const> changes, std::int64_t next_offset)
{
    if (phase_ == phase::restoring && set_ && !given_up_)
    {
        guarded(
            [&]
            {
                set_->restored(changes, next_offset);
                write_collected();
            });
        held_ = phase_ == phase::restoring && !given_up_ && writing_ && (all_read_ || set_->has_collected());
    }
    else if (global_ && phase_ == phase::ready)
        read_back(changes, next_offset);
}

void shard::write_collected()
{
    if (!writing_ && set_->has_collected())
        checkpoint();
}

// Called on the strand when a piece of a restore is in the store, or is not.
void shard::wrote_collected(std::optional<store_error> const& error)
{
    if (begin_again_)
        return begin_again(std::string{*begin_again_});
    if (error)
        return store_failed(*error);
    if (given_up_)
        return;
    if (all_read_)
        return finish_restore();
    guarded([this] { write_collected(); });
    if (std::exchange(held_, false))
        reading_.resume();
}

// What this engine and others have changed, in the changelog's order.
void shard::read_back(std::span<shard_change const> changes, std::int64_t next_offset)
{
    set_->restored(changes, next_offset);
    checkpoint_if_due();
    count();
}

void shard::restore_finished(std::int64_t next_offset)
{
    auto const lock = lock_if_global();
    if (phase_ != phase::restoring || !set_ || given_up_ || !fits_changelog())
        return;
    guarded(
        [&]
        {
            set_->restored(std::span<shard_change const>{}, next_offset);
            all_read_ = true;
            age_.complete();
            finish_restore();
        });
}

// Until nothing is left to be written: a tail may have brought more meanwhile.
void shard::finish_restore()
{
    if (!writing_ && !checkpoint())
        become_ready();
}

// The store was made when not all was told of the topic, as without the right to ask for its settings. It has turned
// out to be this one.
void shard::adopt_identity()
{
    auto const identity = table().identity();
    if (store_ && kafka::is_whole_identity(identity) && store_->changelog_identity() != identity)
        store_->changelog_is(identity);
}

void shard::become_ready()
{
    guarded(
        [&]
        {
            set_->restore_finished();
            adopt_identity();
            if (!global_)
                reading_.cancel();
            phase_ = phase::ready;
            counters_.ended = now_ns();
            counters_.ready.store(true);
            count();
            if (auto const owner = context_.owner.lock())
                owner->shard_ready(*this);
            if (std::exchange(held_, false))
                reading_.resume();
        });
}

void shard::restore_failed(kafka::changelog_failure const& why)
{
    using kafka::changelog_trouble;
    auto const lock = lock_if_global();
    auto const restoring = phase_ == phase::restoring;
    if (!restoring && (!global_ || phase_ != phase::ready))
        return;
    if (restoring && !begun_again_)
    {
        // Only a topic that deletes old records by its settings begins later: so should the table.
        if (why.trouble == changelog_trouble::below_begin)
            return begin_again(why.text);
        // What a store has of a restore that began with nothing is not worth more than what is there to be read.
        if (why.trouble == changelog_trouble::beyond_end)
            return from_nothing_ ? begin_again(why.text) : changelog_lost(why.text);
    }
    fail(errc::restore_failed, describe() + ": " + why.text);
}

void shard::fail(error_code error, std::string const& text)
{
    if (phase_ == phase::closed)
        return;
    if (phase_ == phase::restoring && !std::exchange(given_up_, true))
    {
        reading_.cancel();
        stop_preparing();
    }
    if (auto const owner = context_.owner.lock())
        owner->shard_failed(*this, error, text);
}

} // namespace paperboy::tables

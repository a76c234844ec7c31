// The part of a pipeline that takes records out of the queue and through the hooks, one by one or several at a time.

#include "pipeline/partition_pipeline.hpp"

#include "kafka/memory_plan.hpp"

#include <paperboy/detail/shard_core.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace paperboy::pipeline
{

namespace asio = boost::asio;

// As many as fit by the size of those that came last. Lanes have to hold the blocks of stuck records beside others: for
// them a block ends when it is full, whatever the size of its records.
std::size_t partition_pipeline::most_to_fetch() const
{
    auto const each = record_size_.load(std::memory_order_relaxed) + kafka::message_overhead;
    auto const limit = lanes_ ? std::min(block_limit_, lanes_->block_bytes()) : block_limit_;
    auto most = queue_.capacity();
    // One by one records are counted when their block has ended, and so many are to be committed.
    if (auto const commit = context_.settings.commit.records; commit > 0 && !lanes_ && !mode_.bulk())
        most = std::min(most, commit);
    return std::clamp<std::size_t>(limit / each, 1, most);
}

partition_action partition_pipeline::fetch()
{
    looks_.fetch_add(1, std::memory_order_acq_rel);
    auto const most = most_to_fetch();
    auto const most_bytes = lanes_ ? lanes_->block_bytes() : std::numeric_limits<std::uint64_t>::max();
    auto const got = queue_.fetch(block_, mode_.bulk() ? batcher_.next_block(queue_.length(), most) : most, most_bytes);
    for (auto const& [code, text] : got.errors)
        context_.owner.partition_error(where_, code, text);
    auto const records = block_->messages().size();
    in_flight_.store(waiting() + records, std::memory_order_relaxed);
    falls_ = records > 0 && block_->messages().front()->offset < std::max(fetched_up_to_, tracker_.position());
    if (falls_) [[unlikely]]
    {
        falls_to_ = block_->messages().front()->offset;
        was_reset_.store(false, std::memory_order_relaxed);
        end_seen_.reset();
        ages_.begin_anew();
    }
    if (records > 0)
        fetched_up_to_ = block_->messages().back()->offset + 1;
    if (got.end)
        end_seen_ = got.end;
    if (records == 0)
        look_whether_passed();
    else
    {
        record_size_.store(got.bytes / records, std::memory_order_relaxed);
        keep_ages();
    }
    if (mode_.automatic() && (records > 0 || mode_.bulk()))
        choose_mode(next_offset());
    if (mode_.bulk() || batcher_.waiting() > 0)
    {
        if (records > 0)
            add_to_bulk(got.bytes);
        if (!got.more)
            batcher_.no_more();
        return fsm_.fetched(show_collecting(ready_for_bulk()), got.more);
    }
    block_bytes_ = got.bytes;
    return fsm_.fetched(records, got.more);
}

// 1. The partition's log was cut off (an unclean election), or its topic deleted and made again. librdkafka goes on at
//    an offset in front of those that are handled and committed; no rebalance tells of it.
// 2. Only offsets above the committed one are committed. So nothing would be, until the log is as long as it was: after
//    a crash or a stop the group goes on at the old offset, and records of the new log that lie in front of it are
//    never handled.
// 3. So the position falls to where the records begin anew, before the first of them is in its hooks; what was taken
//    before is finished until then. The owner is told that what is committed of the partition counts no more.
// 4. Perhaps no record comes, or none gets to its hooks before the pipeline ends: then it falls without one.
asio::awaitable<void> partition_pipeline::begin_lower()
{
    if (lanes_)
    {
        // The new log's end may be told already: no record that ends meanwhile may move the position there.
        auto const end = std::exchange(end_seen_, std::nullopt);
        co_await lanes_->drain();
        end_seen_ = end;
    }
    look_whether_fell(first_offset());
}

void partition_pipeline::look_whether_fell(std::int64_t first)
{
    if (!tracker_.fall_to(first))
        return;
    attempts_.begin_anew();
    if (lanes_)
        lanes_->begin_anew();
    falls_to_.reset();
    context_.owner.position_fell(*this);
}

void partition_pipeline::check_for_fall()
{
    if (was_reset_.load(std::memory_order_relaxed))
        on_strand([](partition_pipeline& self) { self.fall_if_empty(); });
}

// Only where the log is empty: at the end of another, records that are not fetched yet would be passed over. What does
// not rest has records in its hooks.
void partition_pipeline::fall_if_empty()
{
    auto const end = queue_.end_of_empty_log();
    if (leave_early_.load(std::memory_order_relaxed) || !resting_.load() || waiting() > 0 || queue_.length() > 0 ||
        !end)
        return;
    if (tracker_.position() == offset_tracker::nothing_finished)
        return begin_at_end(*end);
    if (*end >= tracker_.position())
        return;
    was_reset_.store(false, std::memory_order_relaxed);
    end_seen_.reset();
    fetched_up_to_ = *end;
    look_whether_fell(*end);
}

// Nothing is finished yet, so only the group knows a position, and that is where its log was cut off: it would be left
// there, and a later run that finds a longer log go on in the middle of it. The end may be that of before the reset;
// then the position falls once the brokers have told the other one.
void partition_pipeline::begin_at_end(std::int64_t end)
{
    tracker_.pass_gap(end);
    fetched_up_to_ = end;
    context_.owner.position_fell(*this);
}

// Nothing is handled any more: what was fetched of the log that is there, and is not, is handled when somebody begins
// again.
void partition_pipeline::fall_in_the_end()
{
    if (falls_to_ && tracker_.give_up_to(*falls_to_)) [[unlikely]]
        context_.owner.position_fell(*this);
}

void partition_pipeline::keep_ages()
{
    auto const messages = block_->messages();
    auto const& first = *messages.front();
    auto const& last = *messages.back();
    ages_.fetched(first.offset, block_->timestamp_ms(first), last.offset, block_->timestamp_ms(last),
                  tracker_.position());
}

// Of the first record that no hook has seen; nothing_finished before the first record.
std::int64_t partition_pipeline::next_offset() const
{
    if (batcher_.waiting() > 0)
        return batcher_.first_offset();
    if (auto const messages = block_->messages(); !messages.empty())
        return messages.front()->offset;
    return tracker_.position();
}

// ---- one by one

asio::awaitable<partition_action> partition_pipeline::handle_async()
{
    auto const leaves = [this] { return leave_early_.load(std::memory_order_relaxed); };
    auto batch = make_run();
    running_ = &batch;
    auto pass = std::optional<hook_pass>{};
    pass.emplace(&stand_, first_offset());
    auto end = co_await handler_->run_async(batch);
    while (has_to_wait(batch, end))
    {
        pass.reset();
        if (end == detail::batch_end::again)
            co_await attempts_.pause(leaves);
        else
            co_await be_held(batch);
        if (leave_early_.load(std::memory_order_relaxed))
            break;
        pass.emplace(&stand_, first_offset());
        end = co_await handler_->run_async(batch);
    }
    pass.reset();
    running_ = nullptr;
    co_return finish_batch(batch, end);
}

detail::batch_end partition_pipeline::run_hooks(detail::batch_run& batch)
{
    auto const pass = hook_pass{&stand_, first_offset()};
    return handler_->run(batch);
}

// Of the block; what of it is finished shows in the position.
std::int64_t partition_pipeline::first_offset() const
{
    return block_->messages().empty() ? -1 : block_->messages().front()->offset;
}

// For a retry, for what a serde needs, or since the pipeline is held in the middle of a block, whose rest follows when
// it is released.
bool partition_pipeline::has_to_wait(detail::batch_run const& batch, detail::batch_end end) const noexcept
{
    if (end == detail::batch_end::left)
        return batch.unfinished() > 0 && !leave_early_.load(std::memory_order_relaxed);
    return end == detail::batch_end::again || end == detail::batch_end::unprepared;
}

// What its hooks have done so far is told and counted: it may be held for long. A step may end in the middle of a
// block.
asio::awaitable<void> partition_pipeline::be_held(detail::batch_run const& batch)
{
    tell_shards();
    count_of_block(batch, 0);
    in_flight_.store(waiting() + batch.unfinished(), std::memory_order_relaxed);
    auto ignored = error_code{};
    while (takes_no_more_.load() && !leave_early_.load())
    {
        look_whether_caught_up();
        co_await queue_.events().async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        queue_.events().acknowledge();
        fsm_.look_again();
    }
}

// A plain handler's pass that has to wait. The records up to the one that waits are finished; the others of the block
// follow it.
asio::awaitable<partition_action> partition_pipeline::handle_on(detail::batch_run& batch, detail::batch_end end)
{
    auto const leaves = [this] { return leave_early_.load(std::memory_order_relaxed); };
    running_ = &batch;
    while (has_to_wait(batch, end))
    {
        if (end == detail::batch_end::again)
            co_await attempts_.pause(leaves);
        else if (end == detail::batch_end::unprepared)
            co_await handler_->prepare(batch);
        else
            co_await be_held(batch);
        end = batch.cancelled() ? detail::batch_end::cancelled : run_hooks(batch);
    }
    running_ = nullptr;
    co_return finish_batch(batch, end);
}

detail::batch_run partition_pipeline::make_run()
{
    for (auto const& each : sends_->shards())
        if (each)
            each->batch_begins(block_->messages());
    return {*block_, block_->messages(), tracker_.in_order(), takes_no_more_, *this, &sampling_};
}

partition_action partition_pipeline::finish_batch(detail::batch_run const& run, detail::batch_end end)
{
    tell_shards();
    count_of_block(run, block_bytes_);
    counted_ = 0;
    kafka::partition_queue::recycle(block_);
    if (end == detail::batch_end::left && run.unfinished() == 0)
        look_whether_passed();
    observe_lag();
    return fsm_.handled(end);
}

void partition_pipeline::count_of_block(detail::batch_run const& run, std::uint64_t bytes)
{
    auto const finished = block_->messages().size() - run.unfinished();
    count(finished - std::exchange(counted_, finished), bytes);
}

void partition_pipeline::tell_shards()
{
    for (auto const& each : sends_->shards())
        if (each)
            each->batch_ended();
}

void partition_pipeline::count(std::size_t records, std::uint64_t bytes)
{
    records_.fetch_add(records, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    in_flight_.store(waiting(), std::memory_order_relaxed);
    context_.totals.records.fetch_add(records, std::memory_order_relaxed);
    context_.totals.bytes.fetch_add(bytes, std::memory_order_relaxed);
    if (auto const limit = context_.settings.commit.records; limit > 0)
        if (context_.totals.uncommitted.fetch_add(records, std::memory_order_relaxed) + records >= limit)
            context_.owner.commit_due();
}

// ---- several at a time

asio::awaitable<partition_action> partition_pipeline::handle_in_lanes()
{
    auto block = std::exchange(block_, take_spare_block());
    co_await lanes_->take(std::move(block));
    co_return fsm_.handled(detail::batch_end::left);
}

void partition_pipeline::record_finished(record_view const& record)
{
    tell_shards();
    count(1, record.key_bytes().size() + record.value_bytes().size());
    look_whether_passed();
}

void partition_pipeline::block_used_up(detail::block_holder block)
{
    keep_spare(std::move(block));
    observe_lag();
}

// The queue is waited at by nobody who could be told; so its wait is ended, and the machine then says `end`. A failure
// is told at once: hooks of other records may take for ever, and only the owner has deadlines for them.
void partition_pipeline::lane_stopped(detail::batch_end how, std::exception_ptr const& error)
{
    leave();
    if (error)
        broke(error);
    fsm_.ended(error ? detail::batch_end::left : how);
    tell_failure();
    queue_.events().interrupt();
}

} // namespace paperboy::pipeline

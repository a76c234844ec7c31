// The part of a pipeline that takes records out of the queue and through the hooks, one by one or several at a time.

#include "pipeline/partition_pipeline.hpp"

#include <paperboy/detail/shard_core.hpp>

#include <utility>

namespace paperboy::pipeline
{

namespace asio = boost::asio;

partition_action partition_pipeline::fetch()
{
    looks_.fetch_add(1, std::memory_order_acq_rel);
    auto const most = queue_.capacity();
    auto const got = queue_.fetch(block_, mode_.bulk() ? batcher_.next_block(queue_.length(), most) : most);
    if (got.error)
        context_.owner.partition_error(where_, got.error, got.error_text);
    auto const records = block_->messages().size();
    in_flight_.store(waiting() + records, std::memory_order_relaxed);
    if (got.end)
        end_seen_ = got.end;
    if (records == 0)
        look_whether_passed();
    else
    {
        record_size_.store(got.bytes / records, std::memory_order_relaxed);
        keep_ages();
    }
    if (mode_.automatic() && (got.more || mode_.bulk()))
        choose_mode(next_offset());
    if (mode_.bulk() || batcher_.waiting() > 0)
    {
        if (records > 0)
            add_to_bulk(got.bytes);
        if (!got.more)
            batcher_.no_more();
        return fsm_.fetched(ready_for_bulk(), got.more);
    }
    block_bytes_ = got.bytes;
    return fsm_.fetched(records, got.more);
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
    while (end == detail::batch_end::again)
    {
        pass.reset();
        co_await attempts_.pause(leaves);
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

// A plain handler's pass that has to wait: for a retry, or for what a serde needs. The records up to the one that waits
// are finished; the others of the block follow it.
asio::awaitable<partition_action> partition_pipeline::handle_on(detail::batch_run& batch, detail::batch_end end)
{
    auto const leaves = [this] { return leave_early_.load(std::memory_order_relaxed); };
    running_ = &batch;
    while (end == detail::batch_end::again || end == detail::batch_end::unprepared)
    {
        if (end == detail::batch_end::again)
            co_await attempts_.pause(leaves);
        else
            co_await handler_->prepare(batch);
        end = batch.cancelled() ? detail::batch_end::cancelled : run_hooks(batch);
    }
    running_ = nullptr;
    co_return finish_batch(batch, end);
}

detail::batch_run partition_pipeline::make_run()
{
    return {*block_, block_->messages(), tracker_.in_order(), leave_early_, *this, &sampling_};
}

partition_action partition_pipeline::finish_batch(detail::batch_run const& run, detail::batch_end end)
{
    tell_shards();
    count(block_->messages().size() - run.unfinished(), block_bytes_);
    kafka::partition_queue::recycle(block_);
    if (end == detail::batch_end::left && run.unfinished() == 0)
        look_whether_passed();
    observe_lag();
    return fsm_.handled(end);
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
    leave_early_.store(true, std::memory_order_relaxed);
    if (error)
        broke(error);
    fsm_.ended(error ? detail::batch_end::left : how);
    tell_failure();
    queue_.events().interrupt();
}

} // namespace paperboy::pipeline

// The part of a pipeline that forms bulks, and decides when.

#include "pipeline/partition_pipeline.hpp"

#include "pipeline/lag.hpp"

#include <paperboy/observer.hpp>

#include <utility>

namespace paperboy::pipeline
{

namespace asio = boost::asio;

void partition_pipeline::add_to_bulk(std::uint64_t bytes)
{
    if (batcher_.waiting() == 0)
        bulk_deadline_ = std::chrono::steady_clock::now() + policy_.max_wait;
    batcher_.add(std::exchange(block_, take_spare_block()), bytes);
}

detail::block_holder partition_pipeline::take_spare_block()
{
    if (spare_blocks_.empty())
        return {};
    auto spare = std::move(spare_blocks_.back());
    spare_blocks_.pop_back();
    return spare;
}

void partition_pipeline::keep_spare(detail::block_holder used)
{
    kafka::partition_queue::recycle(used);
    if (used)
        spare_blocks_.push_back(std::move(used));
}

// A partition that has just turned back to single handles what it gathered as one last bulk.
std::size_t partition_pipeline::ready_for_bulk() const
{
    auto const ready = batcher_.waiting() > 0 &&
                       (batcher_.full() || !mode_.bulk() || std::chrono::steady_clock::now() >= bulk_deadline_);
    return ready ? batcher_.waiting() : 0;
}

std::size_t partition_pipeline::show_collecting(std::size_t ready)
{
    collecting_.store(ready > 0 ? 0 : batcher_.waiting(), std::memory_order_relaxed);
    return ready;
}

asio::awaitable<partition_action> partition_pipeline::handle_bulk()
{
    if (lanes_)
        co_await lanes_->drain();
    if (leave_early_.load(std::memory_order_relaxed) || fsm_.held())
        co_return fsm_.handled(detail::batch_end::left);
    auto const leaves = [this] { return leave_early_.load(std::memory_order_relaxed); };
    auto const records = batcher_.next();
    auto const size = records.size();
    auto const bytes = batcher_.bulk_bytes();
    auto bulk = detail::bulk_run{records, tracker_.in_order(), *this};
    running_ = &bulk;
    auto const first = records.front().offset();
    look_whether_fell(first);
    auto pass = std::optional<hook_pass>{};
    pass.emplace(&stand_, first);
    auto end = co_await handler_->run_bulk(bulk);
    while (end == detail::batch_end::again || (end == detail::batch_end::left && !bulk.records().empty()))
    {
        pass.reset();
        if (end == detail::batch_end::again)
            co_await attempts_.pause(leaves);
        if (leave_early_.load(std::memory_order_relaxed))
            break;
        pass.emplace(&stand_, first);
        end = co_await handler_->run_bulk(bulk);
    }
    pass.reset();
    running_ = nullptr;
    batcher_.drop([this](detail::block_holder used) { keep_spare(std::move(used)); });
    if (batcher_.waiting() > 0)
        bulk_deadline_ = std::chrono::steady_clock::now() + policy_.max_wait;
    tell_shards();
    count(size - bulk.records().size(), bulk.records().empty() ? bytes : 0);
    if (end == detail::batch_end::left && bulk.records().empty())
        look_whether_passed();
    observe_lag();
    if (mode_.automatic() && batcher_.waiting() == 0)
        choose_mode(tracker_.position());
    co_return fsm_.handled(end, show_collecting(ready_for_bulk()) > 0);
}

void partition_pipeline::choose_mode(std::int64_t next)
{
    auto const high = queue_.high_watermark();
    if (!high || next == offset_tracker::nothing_finished)
        return;
    auto const waiting = lag(*high, next);
    if (!mode_.wants_change(waiting) || !mode_.update(waiting, std::chrono::steady_clock::now()))
        return;
    auto const threshold = mode_.bulk() ? policy_.enter_above_lag : policy_.leave_below_lag;
    show_mode(waiting, std::to_string(waiting) + " records wait, " + (mode_.bulk() ? "more" : "fewer") + " than " +
                           std::to_string(threshold));
}

// A step begins for the partition, or ends; its handler may have no bulks. Who is to leave tells nothing: see
// look_whether_passed().
void partition_pipeline::catches_up(bool on)
{
    if (leave_early_.load(std::memory_order_relaxed))
        return;
    auto const was_bulk = mode_.bulk();
    mode_.catch_up(on);
    auto const high = queue_.high_watermark();
    auto const next = tracker_.position();
    if (mode_.bulk() != was_bulk)
        show_mode(high && next != offset_tracker::nothing_finished ? lag(*high, next) : 0,
                  on ? "its step begins" : "its step is over");
}

void partition_pipeline::show_mode(std::int64_t waiting, std::string const& why)
{
    in_bulk_.store(mode_.bulk(), std::memory_order_relaxed);
    auto const now = mode_.bulk() ? handling_mode::bulk : handling_mode::single;
    context_.settings.log(log_level::info, to_string(where_) + ": now " + std::string{to_string(now)} + ": " + why);
    if (auto const& watcher = context_.settings.watcher)
        watcher->on_mode(where_, now, waiting);
}

} // namespace paperboy::pipeline

#include "pipeline/assignment.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace paperboy::pipeline
{
namespace
{

topic_partition const& partition_of(assignment::pipeline_ptr const& pipeline)
{
    return pipeline->where();
}

std::vector<assignment::pipeline_ptr> sorted(std::vector<assignment::pipeline_ptr> pipelines)
{
    std::ranges::sort(pipelines, {}, partition_of);
    return pipelines;
}

} // namespace

assignment::assignment(std::uintptr_t epoch, std::vector<pipeline_ptr> pipelines)
    : epoch_{epoch}, pipelines_{sorted(std::move(pipelines))}, working_{pipelines_.size()}
{
    for (auto const& each : pipelines_)
        entries_.emplace_back(epoch, each);
}

assignment::assignment(std::uintptr_t epoch, std::vector<entry> const& entries)
    : epoch_{epoch}, entries_{entries},
      working_{static_cast<std::size_t>(std::ranges::count(entries, false, &entry::ended))}
{
    for (auto const& each : entries_)
        pipelines_.push_back(each.pipeline);
}

std::shared_ptr<assignment> assignment::part(std::span<topic_partition const> partitions, bool among) const
{
    auto chosen = std::vector<entry>{};
    for (auto const& each : entries_)
        if ((std::ranges::find(partitions, each.pipeline->where()) != partitions.end()) == among)
            chosen.push_back(each);
    if (chosen.empty())
        return nullptr;
    return std::make_shared<assignment>(assignment{epoch_, chosen});
}

std::shared_ptr<assignment> assignment::only(std::span<topic_partition const> partitions) const
{
    return part(partitions, true);
}

std::shared_ptr<assignment> assignment::without(std::span<topic_partition const> partitions) const
{
    return part(partitions, false);
}

std::shared_ptr<assignment> assignment::with(assignment const& others) const
{
    auto const where = [](entry const& each) -> topic_partition const& { return each.pipeline->where(); };
    auto all = std::vector<entry>{};
    std::ranges::merge(entries_, others.entries_, std::back_inserter(all), {}, where, where);
    return std::make_shared<assignment>(assignment{others.epoch_, all});
}

std::vector<topic_partition> assignment::partitions() const
{
    auto all = std::vector<topic_partition>{};
    for (auto const& each : pipelines_)
        all.push_back(each->where());
    return all;
}

// Null when the partition is not of this assignment.
assignment::entry* assignment::find(topic_partition const& where)
{
    auto const found = std::ranges::lower_bound(pipelines_, where, {}, partition_of);
    if (found == pipelines_.end() || (*found)->where() != where)
        return nullptr;
    return &entries_[static_cast<std::size_t>(found - pipelines_.begin())];
}

bool assignment::has(pipeline_ptr const& which) const
{
    auto const found = std::ranges::lower_bound(pipelines_, which->where(), {}, partition_of);
    return found != pipelines_.end() && *found == which;
}

bool assignment::one_ended(pipeline_ptr const& which)
{
    auto* const at = find(which->where());
    if (at == nullptr || at->pipeline != which || std::exchange(at->ended, true))
        return false;
    return --working_ == 0;
}

bool assignment::all_acknowledged() const
{
    return std::ranges::all_of(pipelines_, [](auto const& each) { return each->sends().settled(); });
}

std::size_t assignment::unacknowledged() const
{
    auto count = std::size_t{0};
    for (auto const& each : pipelines_)
        count += each->sends().outstanding();
    return count;
}

std::vector<assignment::pipeline_ptr> assignment::unended() const
{
    auto all = std::vector<pipeline_ptr>{};
    for (auto const& each : entries_)
        if (!each.ended)
            all.push_back(each.pipeline);
    return all;
}

std::vector<partition_offset> assignment::uncommitted() const
{
    auto all = std::vector<partition_offset>{};
    for (auto const& each : entries_)
        if (auto const position = each.pipeline->position(); position > each.committed)
            all.emplace_back(each.pipeline->where().topic, each.pipeline->where().partition, position);
    return all;
}

bool assignment::leaves_finished() const
{
    return std::ranges::any_of(entries_, [](auto const& each) { return each.pipeline->finished() > each.committed; });
}

void assignment::committed(std::span<partition_offset const> offsets, std::uintptr_t epoch)
{
    for (auto const& offset : offsets)
        if (auto* const at = find({offset.topic, offset.partition}); at != nullptr && at->since <= epoch)
            at->committed.store(std::max(at->committed.load(), offset.offset));
}

void assignment::committed_late(std::span<partition_offset const> offsets, std::uintptr_t epoch)
{
    for (auto const& offset : offsets)
        if (auto* const at = find({offset.topic, offset.partition}); at != nullptr && at->since <= epoch)
            at->committed.store(offset.offset);
}

void assignment::fell(pipeline_ptr const& which, std::uintptr_t moment)
{
    auto* const at = find(which->where());
    if (at == nullptr || at->pipeline != which)
        return;
    at->since = moment;
    at->committed.store(offset_tracker::nothing_finished);
}

std::vector<partition_stats> assignment::stats() const
{
    auto all = std::vector<partition_stats>{};
    for (auto const& each : entries_)
    {
        all.push_back(each.pipeline->stats());
        if (auto const offset = each.committed.load(); offset != offset_tracker::nothing_finished)
            all.back().committed = offset;
    }
    return all;
}

} // namespace paperboy::pipeline

#include "pipeline/assignment.hpp"

#include <algorithm>
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
    : epoch_{epoch}, pipelines_{sorted(std::move(pipelines))}, committed_(pipelines_.size()), ended_(pipelines_.size()),
      working_{pipelines_.size()}
{
    std::ranges::fill(committed_, offset_tracker::nothing_finished);
}

std::vector<topic_partition> assignment::partitions() const
{
    auto all = std::vector<topic_partition>{};
    for (auto const& each : pipelines_)
        all.push_back(each->where());
    return all;
}

// The number of pipelines when the partition is not of this assignment.
std::size_t assignment::index_of(topic_partition const& where) const
{
    auto const found = std::ranges::lower_bound(pipelines_, where, {}, partition_of);
    if (found == pipelines_.end() || (*found)->where() != where)
        return pipelines_.size();
    return static_cast<std::size_t>(found - pipelines_.begin());
}

bool assignment::has(pipeline_ptr const& which) const
{
    auto const index = index_of(which->where());
    return index < pipelines_.size() && pipelines_[index] == which;
}

bool assignment::one_ended(pipeline_ptr const& which)
{
    auto const index = index_of(which->where());
    if (!has(which) || ended_[index])
        return false;
    ended_[index] = true;
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
    for (std::size_t i = 0; i < pipelines_.size(); ++i)
        if (!ended_[i])
            all.push_back(pipelines_[i]);
    return all;
}

std::vector<partition_offset> assignment::uncommitted() const
{
    auto all = std::vector<partition_offset>{};
    for (std::size_t i = 0; i < pipelines_.size(); ++i)
        if (auto const position = pipelines_[i]->position(); position > committed_[i])
            all.emplace_back(pipelines_[i]->where().topic, pipelines_[i]->where().partition, position);
    return all;
}

void assignment::committed(std::span<partition_offset const> offsets)
{
    for (auto const& offset : offsets)
        if (auto const index = index_of({offset.topic, offset.partition}); index < pipelines_.size())
            committed_[index].store(std::max(committed_[index].load(), offset.offset));
}

std::vector<partition_stats> assignment::stats() const
{
    auto all = std::vector<partition_stats>{};
    for (std::size_t i = 0; i < pipelines_.size(); ++i)
    {
        all.push_back(pipelines_[i]->stats());
        if (auto const offset = committed_[i].load(); offset != offset_tracker::nothing_finished)
            all.back().committed = offset;
    }
    return all;
}

} // namespace paperboy::pipeline

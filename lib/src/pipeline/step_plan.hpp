#pragma once

#include <paperboy/topic_partition.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace paperboy::pipeline
{

// Knows which partitions may run while topics are caught up in ordered steps.
//
// Partitions of the present step and of those before run; those of later steps, and of topics in no step, wait. A step
// ends when each of its partitions has passed the end it had when the step began; a step without partitions ends at
// once. After the last one everything runs, for good. A new assignment begins with the first step again: a partition
// that came from another member may be behind in a step that was over for us, and those that are not pass at once.
class step_plan
{
public:
    // How many steps there are; 0: everything runs from the beginning.
    explicit step_plan(std::size_t steps) noexcept : steps_{steps} {}

    // The partitions of a new assignment, each with its step; `steps` or more: in no step.
    void assign(std::vector<std::pair<topic_partition, std::size_t>> const& partitions)
    {
        ++plan_;
        partitions_.clear();
        for (auto const& [where, step] : partitions)
            partitions_.insert_or_assign(where, entry{step, false});
        if (!finished())
            step_ = 0;
    }

    // Another one for each assignment.
    [[nodiscard]] std::uint64_t plan() const noexcept { return plan_; }

    // Whether every step is over.
    [[nodiscard]] bool finished() const noexcept { return step_ >= steps_; }

    // The present step, counted from 0.
    [[nodiscard]] std::size_t step() const noexcept { return step_; }

    [[nodiscard]] bool may_run(topic_partition const& where) const
    {
        auto const found = partitions_.find(where);
        return finished() || (found != partitions_.end() && found->second.step <= step_);
    }

    // The partition has passed its end of the present step.
    void passed(topic_partition const& where)
    {
        if (auto const found = partitions_.find(where); found != partitions_.end())
            found->second.passed = found->second.step == step_;
    }

    // Whether each partition of the present step has passed its end.
    [[nodiscard]] bool step_is_over() const
    {
        return !finished() && std::ranges::all_of(partitions_, [this](auto const& each)
                                                  { return each.second.step != step_ || each.second.passed; });
    }

    // Goes on to the next step.
    void advance() noexcept { ++step_; }

    // The partitions of the present step, and how many of them have passed.
    [[nodiscard]] std::vector<topic_partition> partitions() const
    {
        auto all = std::vector<topic_partition>{};
        for (auto const& [where, state] : partitions_)
            if (state.step == step_)
                all.push_back(where);
        return all;
    }
    [[nodiscard]] std::size_t passed_count() const
    {
        return static_cast<std::size_t>(std::ranges::count_if(
            partitions_, [this](auto const& each) { return each.second.step == step_ && each.second.passed; }));
    }

private:
    struct entry
    {
        std::size_t step = 0;
        bool passed = false;
    };

    std::size_t steps_;
    std::size_t step_ = 0;
    std::uint64_t plan_ = 0;
    std::map<topic_partition, entry> partitions_;
};

} // namespace paperboy::pipeline

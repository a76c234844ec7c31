#pragma once

#include <paperboy/topic_partition.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace paperboy::pipeline
{

// Knows which offsets a group has to pass until a step is over for all of its members, and decides when the ends of the
// partitions have to be asked for anew:
//
// 1. A partition of another member has 500 records when the step begins: its target is 500.
// 2. Its log is cut off at 400 by an unclean election, or its topic made anew. Its owner hears of that and goes on from
//    there; nobody joins or leaves.
// 3. The group's offset stays at 400: who waits for 500 would wait for ever.
class group_targets
{
public:
    // After so many looks in vain the ends are asked for.
    static constexpr auto looks_between_ends = 25U;

    // A step begins: each partition of its topics with its end.
    void begin(std::span<partition_offset const> ends)
    {
        looks_ = 0;
        targets_.clear();
        for (auto const& each : ends)
            targets_.insert_or_assign({each.topic, each.partition}, each.offset);
    }

    [[nodiscard]] std::optional<std::int64_t> of(topic_partition const& where) const
    {
        auto const found = targets_.find(where);
        return found == targets_.end() ? std::nullopt : std::optional{found->second};
    }
    [[nodiscard]] std::vector<topic_partition> partitions() const
    {
        auto all = std::vector<topic_partition>{};
        for (auto const& [where, end] : targets_)
            all.push_back(where);
        return all;
    }

    // Whether these offsets of the group, one for each partition, have passed.
    [[nodiscard]] bool passed_by(std::span<partition_offset const> committed) const
    {
        return std::ranges::all_of(committed, [this](auto const& each)
                                   { return each.offset >= of({each.topic, each.partition}).value_or(each.offset); });
    }

    // Another look begins; whether it has to ask for the ends.
    [[nodiscard]] bool wants_ends() noexcept { return ++looks_ % looks_between_ends == 0; }

    // What partitions have now. Those that have less than their target, each with the target that it had; it is lower
    // from now on.
    std::vector<partition_offset> lower(std::span<partition_offset const> ends)
    {
        auto lowered = std::vector<partition_offset>{};
        for (auto const& each : ends)
        {
            auto const target = targets_.find({each.topic, each.partition});
            if (target == targets_.end() || target->second <= each.offset)
                continue;
            lowered.push_back({each.topic, each.partition, target->second});
            target->second = each.offset;
        }
        return lowered;
    }

private:
    std::map<topic_partition, std::int64_t> targets_;
    unsigned looks_ = 0;
};

} // namespace paperboy::pipeline

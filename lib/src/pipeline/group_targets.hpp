#pragma once

#include <paperboy/topic_partition.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
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
//
// An offset behind where the log ends now is one of the old log, and says nothing of the new one, nor do those behind
// it, which the owner may still commit of what it had fetched. What counts is a lower one, or one that has moved and
// that the new log has; and not for ever, since nothing may follow where the new log is handled already.
class group_targets
{
public:
    // The ends are asked for at the first look, and after so many in vain.
    static constexpr auto looks_between_ends = 25U;
    // For so many looks an offset of the old log does not count.
    static constexpr auto most_stale_looks = 100U;

    // A step begins, perhaps anew: each partition of its topics with its end.
    void begin(std::span<partition_offset const> ends)
    {
        looks_ = 0;
        one_moved_ = false;
        targets_.clear();
        for (auto const& each : ends)
            targets_.insert_or_assign({each.topic, each.partition}, each.offset);
        std::erase_if(stale_, [this](auto const& each) { return !targets_.contains(each.first); });
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
    [[nodiscard]] bool passed_by(std::span<partition_offset const> committed)
    {
        auto passed = true;
        for (auto const& [topic, partition, offset] : committed)
        {
            auto const where = topic_partition{topic, partition};
            passed = !is_of_old_log(where, offset) && offset >= of(where).value_or(offset) && passed;
        }
        return passed;
    }

    // Another look begins; whether it has to ask for the ends.
    [[nodiscard]] bool wants_ends()
    {
        for (auto& [where, old] : stale_)
            old.looks -= old.looks > 0 ? 1 : 0;
        auto const moved = std::exchange(one_moved_, false);
        return looks_++ % looks_between_ends == 0 || moved;
    }

    // What the group has committed, and what partitions end at, asked for after that. Those that end in front of their
    // target, each with the target that it had; it is lower from now on.
    std::vector<partition_offset> lower(std::span<partition_offset const> ends,
                                        std::span<partition_offset const> committed)
    {
        auto lowered = std::vector<partition_offset>{};
        for (auto const& each : ends)
        {
            auto const target = targets_.find({each.topic, each.partition});
            if (target == targets_.end())
                continue;
            if (target->second > each.offset)
            {
                lowered.emplace_back(each.topic, each.partition, target->second);
                target->second = each.offset;
            }
            for (auto const& [topic, partition, offset] : committed)
                if (topic == each.topic && partition == each.partition)
                    compare(target->first, offset, each.offset);
        }
        return lowered;
    }

private:
    // One that has waited for long enough stays, so that the same offset is not taken for a new one.
    [[nodiscard]] bool is_of_old_log(topic_partition const& where, std::int64_t offset)
    {
        auto const old = stale_.find(where);
        if (old == stale_.end() || old->second.looks == 0)
            return false;
        if (offset < old->second.committed)
        {
            stale_.erase(old);
            return false;
        }
        one_moved_ = one_moved_ || offset > old->second.committed;
        return true;
    }

    // What is committed of a partition with where it ends.
    void compare(topic_partition const& where, std::int64_t offset, std::int64_t end)
    {
        auto const old = stale_.find(where);
        auto const moved = old != stale_.end() && offset > old->second.committed;
        if (moved && offset <= end)
            stale_.erase(old);
        else if (moved)
            old->second.committed = offset;
        else if (old == stale_.end() && offset > end && end > 0)
            stale_.emplace(where, old_offset{offset, most_stale_looks});
    }

    struct old_offset
    {
        std::int64_t committed = 0;
        unsigned looks = 0;
    };

    std::map<topic_partition, std::int64_t> targets_;
    std::map<topic_partition, old_offset> stale_;
    unsigned looks_ = 0;
    // Since the ends were asked for, an offset that was old has moved.
    bool one_moved_ = false;
};

} // namespace paperboy::pipeline

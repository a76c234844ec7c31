#pragma once

#include <paperboy/stats.hpp>
#include <paperboy/topic_partition.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace paperboy::http
{

// A partition whose hooks have records and finish none.
struct stall
{
    // Nothing: hooks run on whose partition is not ours any more, and the health's reason names one of them.
    std::optional<topic_partition> where;
    // Of the record that does not finish; nothing when none before it has finished.
    std::optional<std::int64_t> offset;
    std::chrono::milliseconds time{0};
};

// Decides what stands still, from what it is shown of an engine now and then.
class stall_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    // 0: nothing ever does.
    explicit stall_fsm(std::chrono::milliseconds limit) : limit_{limit} {}

    [[nodiscard]] std::vector<stall> look(engine_stats const& stats, time_point now)
    {
        auto current = standings_of(stats.partitions, now);
        look_for_outliving(stats, now);
        standing_ = std::move(current);
        auto stalled = std::vector<stall>{};
        for (auto const& [where, each] : standing_)
            if (is_too_long(now - each.since))
                stalled.push_back({where, each.position, milliseconds_of(now - each.since)});
        if (outliving_ && outliving_->certain && is_too_long(now - outliving_->since))
            stalled.push_back({{}, {}, milliseconds_of(now - outliving_->since)});
        return stalled;
    }

private:
    struct standing
    {
        std::optional<std::int64_t> position;
        std::uint64_t records = 0;
        bool stuck = false;
        time_point since;
    };

    // Hooks that are stuck while their partition is not ours any more.
    struct outliving
    {
        time_point since;
        // engine_stats::slow_hooks when they were seen first.
        std::uint64_t slow_hooks = 0;
        bool away = false;
        bool certain = true;
    };

    // What waits for a bulk to fill is in no hook.
    [[nodiscard]] static bool is_in_hooks(partition_stats const& of) noexcept
    {
        return of.in_flight > of.collecting && !of.held;
    }

    [[nodiscard]] std::map<topic_partition, standing> standings_of(std::span<partition_stats const> partitions,
                                                                   time_point now) const
    {
        auto current = std::map<topic_partition, standing>{};
        for (auto const& each : partitions)
        {
            if (!is_in_hooks(each))
                continue;
            auto const where = topic_partition{each.topic, each.partition};
            auto const before = standing_.find(where);
            auto const same = before != standing_.end() && before->second.position == each.position &&
                              before->second.records == each.records;
            auto const since = same ? before->second.since : now;
            current.emplace(where, standing{each.position, each.records, each.stuck, since});
        }
        return current;
    }

    // 1. A hook that blocks its thread outlives its partition: a rebalance takes that, or the engine gives all of them
    //    up, past max.poll.interval.ms. stats() then tells that a hook is stuck, and not which.
    // 2. While a partition of ours is stuck, too, that may be the only one: nothing is certain before it is not.
    // 3. No more of those that are stuck have become so meanwhile than slow_hooks has counted; so one of the others has
    //    been stuck all the time. While the engine is away nothing is handled, whichever it is.
    void look_for_outliving(engine_stats const& stats, time_point now)
    {
        if (stats.stuck_hooks == 0 && !stats.away)
            return outliving_.reset();
        auto const certain = std::ranges::none_of(stats.partitions, &partition_stats::stuck);
        if (outliving_)
            outliving_->certain = certain;
        if (!certain)
            return;
        if (!outliving_ || !are_the_same(*outliving_, stats))
            outliving_ = outliving{began_as_ours(stats.partitions).value_or(now), stats.slow_hooks};
        outliving_->away = stats.away;
    }

    [[nodiscard]] static bool are_the_same(outliving const& before, engine_stats const& now) noexcept
    {
        return (before.away && now.away) || now.stuck_hooks > now.slow_hooks - before.slow_hooks;
    }

    // Since when the partitions stood still that were stuck at the look before, and are not ours any more.
    [[nodiscard]] std::optional<time_point> began_as_ours(std::span<partition_stats const> partitions) const
    {
        auto earliest = std::optional<time_point>{};
        for (auto const& [where, each] : standing_)
        {
            auto const is_same = [&where](partition_stats const& other)
            { return other.topic == where.topic && other.partition == where.partition; };
            if (each.stuck && std::ranges::none_of(partitions, is_same))
                earliest = std::min(earliest.value_or(each.since), each.since);
        }
        return earliest;
    }

    [[nodiscard]] bool is_too_long(time_point::duration time) const noexcept
    {
        return limit_.count() > 0 && time >= limit_;
    }

    [[nodiscard]] static std::chrono::milliseconds milliseconds_of(time_point::duration time) noexcept
    {
        return std::chrono::duration_cast<std::chrono::milliseconds>(time);
    }

    std::chrono::milliseconds limit_;
    std::map<topic_partition, standing> standing_;
    std::optional<outliving> outliving_;
};

} // namespace paperboy::http

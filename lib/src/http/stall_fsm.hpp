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
        standing_ = standings_of(stats.partitions, now);
        auto stalled = std::vector<stall>{};
        for (auto const& [where, each] : standing_)
            if (is_too_long(now - each.since))
                stalled.push_back({where, each.position, milliseconds_of(now - each.since)});
        if (auto const& age = stats.outliving_hook_age; age && is_too_long(*age))
            stalled.push_back({{}, {}, *age});
        return stalled;
    }

private:
    struct standing
    {
        std::optional<std::int64_t> position;
        std::uint64_t records = 0;
        time_point since;
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
            current.emplace(where, standing{each.position, each.records, since});
        }
        return current;
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
};

} // namespace paperboy::http

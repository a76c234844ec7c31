#pragma once

#include <paperboy/stats.hpp>
#include <paperboy/topic_partition.hpp>

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
    topic_partition where;
    // Of the record that does not finish; nothing when none before it has finished.
    std::optional<std::int64_t> offset;
    std::chrono::milliseconds time{0};
};

// Decides which partitions stand still, from what it is shown of them now and then.
class stall_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    // 0: none ever does.
    explicit stall_fsm(std::chrono::milliseconds limit) : limit_{limit} {}

    [[nodiscard]] std::vector<stall> look(std::span<partition_stats const> partitions, time_point now)
    {
        auto stalled = std::vector<stall>{};
        auto current = std::map<topic_partition, standing>{};
        for (auto const& each : partitions)
        {
            if (each.in_flight == 0 || each.held)
                continue;
            auto const where = topic_partition{each.topic, each.partition};
            auto const before = standing_.find(where);
            auto const same = before != standing_.end() && before->second.position == each.position &&
                              before->second.records == each.records;
            auto const since = same ? before->second.since : now;
            current.emplace(where, standing{each.position, each.records, since});
            auto const time = std::chrono::duration_cast<std::chrono::milliseconds>(now - since);
            if (limit_.count() > 0 && time >= limit_)
                stalled.push_back({where, each.position, time});
        }
        standing_ = std::move(current);
        return stalled;
    }

private:
    struct standing
    {
        std::optional<std::int64_t> position;
        std::uint64_t records = 0;
        time_point since;
    };

    std::chrono::milliseconds limit_;
    std::map<topic_partition, standing> standing_;
};

} // namespace paperboy::http

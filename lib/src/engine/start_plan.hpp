#pragma once

#include "kafka/start_query.hpp"

#include <paperboy/start_at.hpp>
#include <paperboy/topic_partition.hpp>

#include <chrono>
#include <functional>
#include <set>
#include <span>
#include <vector>

namespace paperboy::engine_detail
{

// Remembers of which partitions a run has decided where to start, and what is to be asked about the others.
class start_plan
{
public:
    // What a topic's handler, or the configuration, says.
    using chooser = std::function<start_at(std::string const& topic)>;

    // What has to be asked before these partitions can start; nothing when all go on at the committed offset.
    [[nodiscard]] std::vector<kafka::start_query> ask(std::span<topic_partition const> partitions,
                                                      chooser const& choose) const
    {
        auto queries = std::vector<kafka::start_query>{};
        for (auto const& each : partitions)
            if (!decided_.contains(each))
                if (auto query = query_for(each, choose(each.topic)))
                    queries.push_back(*std::move(query));
        return queries;
    }

    // The group has committed an offset of these partitions, the chosen one or a later one: it is what counts now.
    void committed(std::span<partition_offset const> offsets)
    {
        for (auto const& each : offsets)
            decided_.emplace(each.topic, each.partition);
    }

private:
    static std::optional<kafka::start_query> query_for(topic_partition const& where, start_at const& start)
    {
        auto query = kafka::start_query{};
        query.where = where;
        query.unless_committed = start.gives_way();
        switch (start.what())
        {
        case start_at::kind::stored:
            return std::nullopt;
        case start_at::kind::beginning:
            query.time = kafka::start_query::at_beginning;
            return query;
        case start_at::kind::end:
            query.time = kafka::start_query::at_end;
            return query;
        case start_at::kind::time:
            query.time = std::chrono::duration_cast<std::chrono::milliseconds>(start.when().time_since_epoch()).count();
            return query;
        case start_at::kind::offsets:
            if (auto const found = start.by_partition().find(where.partition); found != start.by_partition().end())
            {
                query.offset = found->second;
                return query;
            }
            return std::nullopt;
        }
        return std::nullopt;
    }

    std::set<topic_partition> decided_;
};

} // namespace paperboy::engine_detail

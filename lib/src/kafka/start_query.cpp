#include "kafka/start_query.hpp"

#include "kafka/handles.hpp"

#include <map>

namespace paperboy::kafka
{
namespace
{

partition_list make_list(std::span<start_query const> queries)
{
    return partition_list{rd_kafka_topic_partition_list_new(static_cast<int>(queries.size()))};
}

void add(partition_list const& to, topic_partition const& where, std::int64_t offset)
{
    rd_kafka_topic_partition_list_add(to.get(), where.topic.c_str(), where.partition)->offset = offset;
}

// The queries without those whose partitions keep the group's committed offset.
std::optional<std::vector<start_query>> without_committed(client const& of, std::span<start_query const> queries,
                                                          int timeout, std::string& why)
{
    auto const list = make_list(queries);
    auto left = std::vector<start_query>{};
    for (auto const& each : queries)
        if (each.unless_committed)
            add(list, each.where, RD_KAFKA_OFFSET_INVALID);
        else
            left.push_back(each);
    if (list->cnt == 0)
        return left;
    why = trouble_in(rd_kafka_committed(of.get(), list.get(), timeout), *list);
    if (!why.empty())
        return std::nullopt;
    for (auto const& each : queries)
        if (each.unless_committed)
            if (auto const* const found =
                    rd_kafka_topic_partition_list_find(list.get(), each.where.topic.c_str(), each.where.partition);
                found != nullptr && found->offset < 0)
                left.push_back(each);
    return left;
}

using offsets = std::map<topic_partition, std::int64_t>;

} // namespace

std::optional<std::vector<start_answer>> start_offsets(client const& of, std::span<start_query const> queries,
                                                       std::chrono::milliseconds timeout, std::string& why)
{
    auto const wait = static_cast<int>(timeout.count());
    auto const left = without_committed(of, queries, wait, why);
    if (!left)
        return std::nullopt;
    auto found = offsets{};
    for (auto const& each : *left)
        found[each.where] = each.offset ? start_query::at_beginning : each.time;
    if (!offsets_at(of, found, timeout, &why))
        return std::nullopt;
    auto ends = offsets{};
    for (auto const& each : *left)
        if (each.offset || found[each.where] < 0)
            ends[each.where] = start_query::at_end;
    if (!offsets_at(of, ends, timeout, &why))
        return std::nullopt;
    auto answers = std::vector<start_answer>{};
    for (auto const& each : *left)
    {
        auto& answer = answers.emplace_back();
        auto const offset = found[each.where] < 0 ? ends[each.where] : found[each.where];
        answer.where = {each.where.topic, each.where.partition, each.offset.value_or(offset)};
        if (!each.offset)
            continue;
        answer.oldest = offset;
        answer.end = ends[each.where];
    }
    return answers;
}

} // namespace paperboy::kafka

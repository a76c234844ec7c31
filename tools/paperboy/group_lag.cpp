#include "group_lag.hpp"

#include <algorithm>
#include <map>

namespace paperboy::cli
{
namespace
{

using rows = std::map<topic_partition, partition_lag>;

partition_lag& row_of(rows& all, topic_partition const& where, std::string const& group)
{
    auto& row = all[where];
    row.group = group;
    row.where = where;
    return row;
}

rows rows_of(admin& cluster, group_description const& group, std::string const& topic)
{
    auto all = rows{};
    for (auto const& each : cluster.committed(group.name))
        row_of(all, {each.topic, each.partition}, group.name).committed = each.offset;
    for (auto const& member : group.members)
        for (auto const& where : member.assigned)
        {
            auto& row = row_of(all, where, group.name);
            row.member = member.id;
            row.host = member.host;
            row.client = member.client;
        }
    std::erase_if(all, [&](auto const& each) { return !topic.empty() && each.first.topic != topic; });
    return all;
}

} // namespace

group_lag ask_lag(admin& cluster, std::vector<std::string> const& groups, std::string const& topic)
{
    auto found = group_lag{};
    for (auto const& name : groups)
    {
        found.groups.push_back(cluster.describe(name));
        for (auto& [where, row] : rows_of(cluster, found.groups.back(), topic))
            found.partitions.push_back(std::move(row));
    }
    // Asked last, so that no end lies in front of what is committed; and each once, as brokers demand.
    auto ends = std::map<topic_partition, std::int64_t>{};
    for (auto const& row : found.partitions)
        ends[row.where] = 0;
    auto wanted = std::vector<topic_partition>{};
    for (auto const& each : ends)
        wanted.push_back(each.first);
    for (auto const& each : cluster.end_offsets(wanted))
        ends[{each.topic, each.partition}] = each.offset;
    for (auto& row : found.partitions)
        row.end = ends[row.where];
    return found;
}

} // namespace paperboy::cli

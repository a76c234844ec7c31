#pragma once

#include <paperboy/topic_partition.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy::engine_detail
{

// Which topics feed which tables. Topics that share a table, directly or by way of others, are handled together: the
// partitions of one number have one strand, because they change one shard.
class table_sources
{
public:
    // The topics of each table, by the table's number.
    explicit table_sources(std::vector<std::vector<std::string>> topics) : topics_{std::move(topics)}
    {
        for (auto const& together : topics_)
            for (auto const& topic : together)
                join(together.front(), topic);
    }

    // The number of the topics that this one is handled with; nothing when it feeds no table.
    [[nodiscard]] std::optional<std::size_t> group_of(std::string_view topic) const
    {
        auto const found = groups_.find(topic);
        return found == groups_.end() ? std::nullopt : std::optional{found->second};
    }

    [[nodiscard]] bool feeds(std::string_view topic, std::size_t table) const
    {
        return std::ranges::find(topics_[table], topic) != topics_[table].end();
    }

    [[nodiscard]] std::vector<std::string> const& of(std::size_t table) const { return topics_[table]; }
    [[nodiscard]] std::size_t tables() const noexcept { return topics_.size(); }

    // What keeps the topics of a table from going together, when they have so many partitions each: 0 for one that is
    // not there. Empty: nothing; a global table has none.
    [[nodiscard]] std::string mismatch(std::size_t table, std::map<std::string, std::int32_t> const& partitions) const
    {
        for (auto const& topic : topics_[table])
        {
            auto const& first = topics_[table].front();
            if (partitions.at(topic) != partitions.at(first))
                return std::string{"\""}
                           .append(first)
                           .append("\" has ")
                           .append(std::to_string(partitions.at(first)))
                           .append(" partitions, \"")
                           .append(topic)
                           .append("\" has ")
                           .append(std::to_string(partitions.at(topic))) +
                       "; topics that feed one table need the same number: name those that do in "
                       "table_options::sources, "
                       "or make the topics anew";
        }
        return {};
    }

    // A partition that the table's topics do not have all together among these; empty: none.
    [[nodiscard]] std::string torn(std::size_t table, std::span<topic_partition const> assigned) const
    {
        auto const has = [&](std::string const& topic, std::int32_t partition)
        { return std::ranges::find(assigned, topic_partition{topic, partition}) != assigned.end(); };
        for (auto const& each : assigned)
            for (auto const& topic : topics_[table])
                if (feeds(each.topic, table) && !has(topic, each.partition))
                    return to_string(each) + " is assigned without " +
                           to_string(topic_partition{topic, each.partition}) +
                           ", which feeds the same table: every member of the group needs handlers for the same "
                           "topics, "
                           "and partition.assignment.strategy range, the default";
        return {};
    }

private:
    void join(std::string const& with, std::string const& topic)
    {
        auto const target = groups_.try_emplace(with, groups_.size()).first->second;
        auto const [at, is_new] = groups_.try_emplace(topic, target);
        if (is_new || at->second == target)
            return;
        auto const old = at->second;
        for (auto& [name, group] : groups_)
            if (group == old)
                group = target;
    }

    std::vector<std::vector<std::string>> topics_;
    std::map<std::string, std::size_t, std::less<>> groups_;
};

} // namespace paperboy::engine_detail

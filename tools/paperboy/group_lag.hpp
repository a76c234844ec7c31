#pragma once

#include <paperboy/admin.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace paperboy::cli
{

/// A row of `paperboy lag`.
struct partition_lag
{
    std::string group;
    topic_partition where;
    /// Nothing where the group has committed nothing of it.
    std::optional<std::int64_t> committed;
    std::int64_t end = 0;
    /// Who has it; empty: nobody.
    std::string member;
    std::string host;
    std::string client;

    /// Nothing where it is not known. Of a partition that never had a record, nobody has anything to commit.
    [[nodiscard]] std::optional<std::int64_t> lag() const
    {
        if (!committed && end != 0)
            return std::nullopt;
        return std::max<std::int64_t>(end - committed.value_or(0), 0);
    }
};

/// The lag of groups.
struct group_lag
{
    std::vector<group_description> groups;
    /// By group, topic and partition: what is committed, and what members have.
    std::vector<partition_lag> partitions;
};

/// Asks for groups, and of one topic only where `topic` is not empty.
[[nodiscard]] group_lag ask_lag(admin& cluster, std::vector<std::string> const& groups, std::string const& topic);

} // namespace paperboy::cli

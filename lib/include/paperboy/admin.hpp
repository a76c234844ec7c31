#pragma once

#include <paperboy/cluster_error.hpp>
#include <paperboy/config.hpp>
#include <paperboy/record.hpp>
#include <paperboy/topic_partition.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy
{

/// A topic of a cluster.
struct topic_description
{
    /// Its name, as the brokers spell it.
    std::string name;

    /// How many partitions it has, 1 or more.
    std::int32_t partitions = 0;
};

/// A member of a consumer group.
struct group_member
{
    /// What the group's coordinator calls it.
    std::string id;

    /// What it calls itself (`config::client_id`).
    std::string client;
    /// Where it is, as the coordinator sees it.
    std::string host;

    /// The partitions that it has.
    std::vector<topic_partition> assigned;
};

/// A consumer group.
struct group_description
{
    /// The group's name.
    std::string name;

    /// "Stable", "Empty", "Dead" (there is no such group), "PreparingRebalance", "CompletingRebalance" or "Unknown";
    /// with `group.protocol=consumer` also "Assigning" or "Reconciling".
    std::string state;

    /// Its members.
    std::vector<group_member> members;

    /// Whether `members` are all there are. Before librdkafka 2.10 a group with `group.protocol=consumer` (KIP-848) has
    /// members that cannot be asked for: then there are none here.
    bool members_known = true;
};

/// Asks a cluster what it has, and changes what no engine changes: topics, and the offsets of groups that nobody is a
/// member of. For tools, and for programs that look before they start an engine.
///
/// Its functions block, each for the time-out at the most: not for an executor's thread. They throw `cluster_error`,
/// whose text names what was asked, what the cluster said, and the remedy; `condition::retriable` tells whether the
/// same call may succeed later.
/// Thread-safety: distinct objects are safe, shared objects are not.
class admin
{
public:
    /// How to reach the cluster is in `settings` (bootstrap_servers, properties, log); the group's name does not matter
    /// and may be empty. No connection is made. With SASL/OAUTHBEARER librdkafka has to get the tokens itself
    /// (`sasl.oauthbearer.method` oidc), for there is no executor that `config::oauth` could run on.
    ///
    /// `timeout`: how long each question may take; 100 ms to 1 h. Throws `setup_error` (`errc::invalid_config`) for
    /// settings that cannot work.
    explicit admin(config const& settings, std::chrono::milliseconds timeout = std::chrono::seconds{30});
    /// Takes the other's client; the other may only be destroyed or assigned to.
    admin(admin&&) noexcept;
    /// The same; the client that was here ends.
    admin& operator=(admin&&) noexcept;
    ~admin();

    /// All topics that the login may see, by name.
    [[nodiscard]] std::vector<topic_description> topics();

    /// One topic. `errc::missing_topic` when there is none of this name.
    [[nodiscard]] topic_description topic(std::string const& name);

    /// The offset of each partition's oldest record; where there is none, that of the next one. In the order asked.
    [[nodiscard]] std::vector<partition_offset> oldest_offsets(std::span<topic_partition const> partitions);

    /// The offset after each partition's last record, where `read_committed` consumers get to. In the order asked.
    [[nodiscard]] std::vector<partition_offset> end_offsets(std::span<topic_partition const> partitions);

    /// The offset of the first record that is as late as `time`; the partition's end where there is none. In the order
    /// asked.
    [[nodiscard]] std::vector<partition_offset> offsets_at(std::span<topic_partition const> partitions, timestamp time);

    /// The names of all consumer groups, in order.
    [[nodiscard]] std::vector<std::string> groups();

    /// A group and its members. One that does not exist is "Dead", and has no members.
    [[nodiscard]] group_description describe(std::string const& group);

    /// What a group has committed of these partitions; those of which it has not are left out.
    [[nodiscard]] std::vector<partition_offset> committed(std::string const& group,
                                                          std::span<topic_partition const> partitions);

    /// What a group has committed, of all topics.
    [[nodiscard]] std::vector<partition_offset> committed(std::string const& group);

    /// Commits offsets for a group; one that does not exist is made by it. The brokers refuse it for topics that the
    /// group's members consume: stop them first. Whether the offsets exist is not asked.
    void commit(std::string const& group, std::span<partition_offset const> offsets);

    /// Creates a topic with so many partitions (1 or more) and the brokers' number of replicas, and waits until its
    /// partitions have leaders. `settings`: the topic's own, such as `{"cleanup.policy", "compact"}`.
    void create_topic(std::string const& name, std::int32_t partitions, properties const& settings = {});

    /// Deletes a topic with all its records.
    void delete_topic(std::string const& name);

    /// What a table's stores know the topic of their changelog by (`shard_store::changelog_identity`): a topic that was
    /// deleted and made anew by a table has another one. Asks for the topic's settings, which needs DescribeConfigs.
    [[nodiscard]] std::string changelog_identity(std::string const& topic);

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

/// Whether a store that knows its topic by `stored` is of another one than that which `admin::changelog_identity` found
/// now, for certain: false where either lacks what would tell, as a store lacks the topic's mark whose engine could not
/// ask for the topic's settings.
[[nodiscard]] bool is_another_changelog(std::string_view stored, std::string_view found) noexcept;

} // namespace paperboy

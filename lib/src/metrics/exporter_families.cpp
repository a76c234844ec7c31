// Consumer lag under the names that dashboards of other exporters ask for. They see this engine's partitions only: the
// sum over a group's engines is the group's.

#include "metrics/families.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace paperboy::metrics_detail
{
namespace
{

double seconds_of(std::chrono::milliseconds time)
{
    return std::chrono::duration<double>{time}.count();
}

// Nothing where the lag of any partition is not known: less than the whole would look as if the group caught up. A
// partition that is held, by the user or for a later step, does not count until it is: that may be for ever, and others
// are to be watched meanwhile.
using known_sum = std::optional<double>;

[[nodiscard]] known_sum known_or_held(std::optional<double> lag, bool held)
{
    return lag || !held ? lag : known_sum{0.0};
}

[[nodiscard]] known_sum records_behind(partition_stats const& of)
{
    return known_or_held(of.lag ? known_sum{static_cast<double>(*of.lag)} : std::nullopt, of.held);
}

[[nodiscard]] known_sum seconds_behind(partition_stats const& of)
{
    return known_or_held(of.lag_age ? known_sum{seconds_of(*of.lag_age)} : std::nullopt, of.held);
}

void add(known_sum& to, known_sum const& part)
{
    to = to && part ? known_sum{*to + *part} : std::nullopt;
}

void raise(known_sum& most, known_sum const& part)
{
    most = most && part ? known_sum{std::max(*most, *part)} : std::nullopt;
}

std::map<std::string, known_sum> lag_by_topic(engine_stats const& stats)
{
    auto all = std::map<std::string, known_sum>{};
    for (auto const& each : stats.partitions)
        add(all.try_emplace(each.topic, 0.0).first->second, records_behind(each));
    return all;
}

void add_partition(family_list& to, labels const& of, partition_stats const& each)
{
    if (each.lag)
        to.gauge({"kafka_consumergroup_group_lag", "Records that the group is behind."}, of,
                 static_cast<double>(*each.lag));
    if (each.lag_age)
        to.gauge({"kafka_consumergroup_group_lag_seconds", "Age of the oldest unfinished record."}, of,
                 seconds_of(*each.lag_age));
    if (each.committed)
        to.gauge({"kafka_consumergroup_group_offset", "Offset that the group committed last."}, of,
                 static_cast<double>(*each.committed));
}

} // namespace

void add_lag_exporter(family_list& to, engine_stats const& stats, metrics_options const& options)
{
    auto common = labels{{"group", stats.group_id}};
    if (!options.cluster_name.empty())
        common.insert(common.begin(), {"cluster_name", options.cluster_name});
    auto most_records = known_sum{0.0};
    auto most_seconds = known_sum{0.0};
    for (auto const& each : stats.partitions)
    {
        auto const partition = std::to_string(each.partition);
        add_partition(
            to, with(common, {{"topic", each.topic}, {"partition", partition}, {"client_id", stats.client_id}}), each);
        raise(most_records, records_behind(each));
        raise(most_seconds, seconds_behind(each));
        if (each.high_watermark)
            to.gauge({"kafka_partition_latest_offset", "Offset after the partition's last record."},
                     with(labels(common.begin(), common.end() - 1), {{"topic", each.topic}, {"partition", partition}}),
                     static_cast<double>(*each.high_watermark));
    }
    if (stats.partitions.empty())
        return;
    auto sum = known_sum{0.0};
    for (auto const& [topic, lag] : lag_by_topic(stats))
    {
        if (lag)
            to.gauge({"kafka_consumergroup_group_topic_sum_lag", "Records that the group is behind in a topic."},
                     with(common, {{"topic", topic}}), *lag);
        add(sum, lag);
    }
    if (sum)
        to.gauge({"kafka_consumergroup_group_sum_lag", "Records that the group is behind in all."}, common, *sum);
    if (most_records)
        to.gauge({"kafka_consumergroup_group_max_lag", "Records that the furthest partition is behind."}, common,
                 *most_records);
    if (most_seconds)
        to.gauge({"kafka_consumergroup_group_max_lag_seconds", "Age of the oldest of all unfinished records."}, common,
                 *most_seconds);
}

void add_kminion(family_list& to, engine_stats const& stats)
{
    auto const common = labels{{"group_id", stats.group_id}};
    for (auto const& each : stats.partitions)
        if (each.lag)
            to.gauge({"kminion_kafka_consumer_group_topic_partition_lag", "Records that the group is behind."},
                     with(common, {{"topic_name", each.topic}, {"partition_id", std::to_string(each.partition)}}),
                     static_cast<double>(*each.lag));
    for (auto const& [topic, lag] : lag_by_topic(stats))
        if (lag)
            to.gauge({"kminion_kafka_consumer_group_topic_lag", "Records that the group is behind in a topic."},
                     with(common, {{"topic_name", topic}}), *lag);
}

} // namespace paperboy::metrics_detail

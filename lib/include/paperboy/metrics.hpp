#pragma once

#include <paperboy/engine_monitor.hpp>
#include <paperboy/schema_registry.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Component `metrics`: link paperboy::metrics, which needs prometheus-cpp's core.

namespace prometheus
{
class Collectable;
}

namespace paperboy
{

/// Which series there are beside `paperboy_*`. Meant for designated initialisers.
///
/// The sums and maxima of lag under the names of others are left out while the lag of any of their partitions is not
/// known (`partition_stats::lag`): a part of it would look as if the group caught up. Alerts have to look for that
/// (`absent`, or `paperboy_table_restoring`). A partition that is held, paused or for a later step, counts as 0 until
/// its lag is known.
struct metrics_options
{
    /// Consumer lag under the names of kafka-lag-exporter (`kafka_consumergroup_group_lag`, …), for its dashboards.
    bool lag_exporter_names = true;

    /// Consumer lag under the names of kminion (`kminion_kafka_consumer_group_topic_partition_lag`, …).
    bool kminion_names = true;

    /// The label `cluster_name` of kafka-lag-exporter's series; left out when empty.
    std::string cluster_name = {};

    /// The schema registries that the engine's serdes ask, whose requests are counted, all together.
    std::vector<registry_monitor> registries = {};
};

/// An engine's numbers for Prometheus.
///
/// They are read from `stats()` and `health()` whenever they are asked for; between two scrapes nothing is done. All
/// `paperboy_*` have the labels `group` and `client_id`, those of a partition also `topic` and `partition`, and those
/// of a table's shard `table` and `partition`; the names of other exporters come with their labels. Series of
/// partitions that are assigned no more are gone with the next scrape. Units are seconds and bytes, counters end in
/// `_total`; operations.md, in the library's documentation, lists the names. `paperboy_hook_duration_seconds` is made
/// of a sample: see `hook_stats`.
///
/// Copies show the same engine. Safe from any thread. The engine may go first: then only its status is left.
class metrics
{
public:
    /// What `text()` is, for a Content-Type header.
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

    /// The numbers of one engine.
    explicit metrics(engine_monitor watched, metrics_options options = {});

    /// All series in Prometheus' text format.
    [[nodiscard]] std::string text() const;

    /// The same for a registry or exposer of prometheus-cpp that you have already.
    [[nodiscard]] std::shared_ptr<prometheus::Collectable> collectable() const noexcept;

private:
    std::shared_ptr<prometheus::Collectable> collectable_;
};

} // namespace paperboy

#pragma once

#include "metrics/family_list.hpp"

#include <paperboy/health.hpp>
#include <paperboy/metrics.hpp>
#include <paperboy/schema_registry.hpp>
#include <paperboy/stats.hpp>

#include <vector>

namespace paperboy::metrics_detail
{

// Each adds the series of one kind; see there for how to add one more.
void add_health(family_list& to, labels const& common, engine_health const& health);
void add_engine(family_list& to, labels const& common, engine_stats const& stats);
void add_topics(family_list& to, labels const& common, engine_stats const& stats);
void add_partitions(family_list& to, labels const& common, engine_stats const& stats);
void add_shards(family_list& to, labels const& common, engine_stats const& stats);
void add_registries(family_list& to, labels const& common, std::vector<registry_monitor> const& registries);
void add_lag_exporter(family_list& to, engine_stats const& stats, metrics_options const& options);
void add_kminion(family_list& to, engine_stats const& stats);

} // namespace paperboy::metrics_detail

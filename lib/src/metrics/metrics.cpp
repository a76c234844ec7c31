#include <paperboy/metrics.hpp>

#include "metrics/families.hpp"

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include <utility>

namespace paperboy
{
namespace
{

class engine_collectable final : public prometheus::Collectable
{
public:
    engine_collectable(engine_monitor watched, metrics_options options)
        : watched_{std::move(watched)}, options_{std::move(options)}
    {
    }

    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override
    {
        auto const stats = watched_.stats();
        auto const common = metrics_detail::labels{{"group", stats.group_id}, {"client_id", stats.client_id}};
        auto all = metrics_detail::family_list{};
        metrics_detail::add_health(all, common, watched_.health());
        if (stats.group_id.empty())
            return all.take();
        metrics_detail::add_engine(all, common, stats);
        metrics_detail::add_topics(all, common, stats);
        metrics_detail::add_partitions(all, common, stats);
        metrics_detail::add_shards(all, common, stats);
        metrics_detail::add_registries(all, common, options_.registries);
        if (options_.lag_exporter_names)
            metrics_detail::add_lag_exporter(all, stats, options_);
        if (options_.kminion_names)
            metrics_detail::add_kminion(all, stats);
        return all.take();
    }

private:
    engine_monitor watched_;
    metrics_options options_;
};

} // namespace

metrics::metrics(engine_monitor watched, metrics_options options)
    : collectable_{std::make_shared<engine_collectable>(std::move(watched), std::move(options))}
{
}

std::string metrics::text() const
{
    return static_cast<prometheus::Serializer const&>(prometheus::TextSerializer{}).Serialize(collectable_->Collect());
}

std::shared_ptr<prometheus::Collectable> metrics::collectable() const noexcept
{
    return collectable_;
}

} // namespace paperboy

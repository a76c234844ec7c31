#include "metrics/family_list.hpp"

#include <utility>

namespace paperboy::metrics_detail
{

prometheus::ClientMetric& family_list::add(series const& what, prometheus::MetricType type, labels of)
{
    auto const [place, added] = places_.try_emplace(what.name, families_.size());
    if (added)
        families_.push_back({std::string{what.name}, std::string{what.help}, type, {}});
    auto& metric = families_[place->second].metric.emplace_back();
    metric.label = std::move(of);
    return metric;
}

void family_list::gauge(series const& what, labels of, double value)
{
    add(what, prometheus::MetricType::Gauge, std::move(of)).gauge.value = value;
}

void family_list::counter(series const& what, labels of, double value)
{
    add(what, prometheus::MetricType::Counter, std::move(of)).counter.value = value;
}

void family_list::histogram(series const& what, labels of, duration_histogram const& value)
{
    auto& shown = add(what, prometheus::MetricType::Histogram, std::move(of)).histogram;
    shown.sample_count = value.count;
    shown.sample_sum = value.seconds;
    auto so_far = std::uint64_t{0};
    for (std::size_t i = 0; i < duration_histogram::bounds.size(); ++i)
        shown.bucket.push_back({so_far += value.counts[i], duration_histogram::bounds[i]});
}

labels with(labels common, labels const& more)
{
    common.insert(common.end(), more.begin(), more.end());
    return common;
}

} // namespace paperboy::metrics_detail

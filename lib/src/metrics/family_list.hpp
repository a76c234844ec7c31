#pragma once

#include <paperboy/stats.hpp>

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::metrics_detail
{

using labels = std::vector<prometheus::ClientMetric::Label>;

// What a series is called, and what it means.
struct series
{
    std::string_view name;
    std::string_view help;
};

// Collects series, each family once, in the order in which they first come.
class family_list
{
public:
    void gauge(series const& what, labels of, double value);
    void counter(series const& what, labels of, double value);
    void histogram(series const& what, labels of, duration_histogram const& value);

    [[nodiscard]] std::vector<prometheus::MetricFamily> take() { return std::move(families_); }

private:
    [[nodiscard]] prometheus::ClientMetric& add(series const& what, prometheus::MetricType type, labels of);

    std::vector<prometheus::MetricFamily> families_;
    std::map<std::string_view, std::size_t> places_;
};

// `more` behind `common`.
[[nodiscard]] labels with(labels common, labels const& more);

} // namespace paperboy::metrics_detail

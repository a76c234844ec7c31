// The series of schema registries, all of an engine as one: their URLs would be labels that tell of hosts and users.

#include "metrics/families.hpp"

#include <cstdint>
#include <string_view>

namespace paperboy::metrics_detail
{

void add_registries(family_list& to, labels const& common, std::vector<registry_monitor> const& registries)
{
    if (registries.empty())
        return;
    auto sum = registry_stats{};
    for (auto const& each : registries)
    {
        auto const one = each.stats();
        sum.answered += one.answered;
        sum.refused += one.refused;
        sum.throttled += one.throttled;
        sum.server_errors += one.server_errors;
        sum.unanswered += one.unanswered;
        sum.durations += one.durations;
    }
    auto const count = [&](std::string_view outcome, std::uint64_t value)
    {
        to.counter({"paperboy_registry_requests_total", "Attempts to ask the schema registry, by how they ended."},
                   with(common, {{"outcome", std::string{outcome}}}), static_cast<double>(value));
    };
    count("answered", sum.answered);
    count("refused", sum.refused);
    count("throttled", sum.throttled);
    count("server_error", sum.server_errors);
    count("unanswered", sum.unanswered);
    to.histogram({"paperboy_registry_request_duration_seconds", "How long those took that were answered."}, common,
                 sum.durations);
}

} // namespace paperboy::metrics_detail

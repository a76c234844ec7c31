#include "throughput/statistics.hpp"

#include <algorithm>

namespace paperboy::bench
{

double run_result::cpu_us_per_record() const
{
    return cost.cpu_seconds * 1e6 / static_cast<double>(cost.records);
}

double run_result::million_records_per_second() const
{
    return cost.wall_seconds > 0 ? static_cast<double>(cost.records) / cost.wall_seconds / 1e6 : 0;
}

double run_result::million_records_per_own_second() const
{
    auto const own = cost.wall_seconds - cost.kept_seconds;
    return own > 0 ? static_cast<double>(cost.records) / own / 1e6 : 0;
}

double run_result::idle_percent() const
{
    return cost.wall_seconds > 0 ? 100 * cost.idle_seconds / cost.wall_seconds : 0;
}

double run_result::allocations_per_record() const
{
    return cost.allocation_window == 0
               ? 0
               : static_cast<double>(cost.allocations) / static_cast<double>(cost.allocation_window);
}

spread spread_of(std::vector<double> values)
{
    if (values.empty())
        return {};
    std::ranges::sort(values);
    auto const middle = values.size() / 2;
    auto const median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.front(), values.back()};
}

spread spread_of(std::vector<run_result> const& runs, double (*value)(run_result const&))
{
    auto values = std::vector<double>{};
    for (auto const& each : runs)
        values.push_back(value(each));
    return spread_of(std::move(values));
}

void compare(std::vector<mode_result>& of_one_topic)
{
    for (auto& each : of_one_topic)
    {
        auto const other = std::ranges::find(of_one_topic, each.against, &mode_result::mode);
        if (other == of_one_topic.end())
            continue;
        for (std::size_t i = 0; i < each.runs.size(); ++i)
            each.ratios.push_back(each.runs[i].cpu_us_per_record() / other->runs[i].cpu_us_per_record());
    }
}

} // namespace paperboy::bench

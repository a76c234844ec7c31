#pragma once

#include "throughput/progress.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace paperboy::bench
{

// One run of one mode.
struct run_result
{
    int round = 0;
    measurement cost;

    [[nodiscard]] double cpu_us_per_record() const;
    [[nodiscard]] double million_records_per_second() const;
    // The same without the time in which the consuming thread was kept from a core.
    [[nodiscard]] double million_records_per_own_second() const;
    // Of the time from the first record to the last, how much the consuming thread waited for records.
    [[nodiscard]] double idle_percent() const;
    [[nodiscard]] double allocations_per_record() const;
};

// All rounds of one mode on one topic.
struct mode_result
{
    std::string topic;
    std::string mode;
    std::vector<run_result> runs;
    // The mode that it is compared with.
    std::string against;
    // CPU time of a round's run by that of the other mode in the same round; empty when that did not run.
    std::vector<double> ratios;
};

struct spread
{
    double median = 0;
    double least = 0;
    double most = 0;
};

[[nodiscard]] spread spread_of(std::vector<double> values);
[[nodiscard]] spread spread_of(std::vector<run_result> const& runs, double (*value)(run_result const&));

// Fills in the ratios of one topic's results.
void compare(std::vector<mode_result>& of_one_topic);

} // namespace paperboy::bench

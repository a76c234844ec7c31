#include "throughput/report.hpp"

#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace paperboy::bench
{
namespace
{

struct column
{
    char const* title;
    char const* json_name;
    double (*value)(run_result const&);
    int decimals;
};

constexpr column columns[] = {
    {"CPU us/record", "cpu_us_per_record", [](run_result const& r) { return r.cpu_us_per_record(); }, 3},
    {"M records/s", "million_records_per_second", [](run_result const& r) { return r.million_records_per_second(); },
     2},
    {"M/s on a core", "million_records_per_own_second",
     [](run_result const& r) { return r.million_records_per_own_second(); }, 3},
    {"wall s", "wall_seconds", [](run_result const& r) { return r.cost.wall_seconds; }, 2},
    {"idle %", "idle_percent", [](run_result const& r) { return r.idle_percent(); }, 0},
    {"RSS MB", "rss_mb", [](run_result const& r) { return r.cost.rss_mb; }, 1},
    {"allocs/record", "allocations_per_record", [](run_result const& r) { return r.allocations_per_record(); }, 5},
};

std::string fixed(double value, int decimals)
{
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}

std::string padded(std::string text, std::size_t width)
{
    text.resize(std::max(width, text.size()), ' ');
    return text + "  ";
}

std::string cell(spread const& of, int decimals)
{
    return fixed(of.median, decimals) + " (" + fixed(of.least, decimals) + "-" + fixed(of.most, decimals) + ")";
}

std::string json(spread const& of)
{
    return R"({"median":)" + fixed(of.median, 6) + R"(,"min":)" + fixed(of.least, 6) + R"(,"max":)" +
           fixed(of.most, 6) + "}";
}

std::string json_of_run(run_result const& run)
{
    auto text = R"({"round":)" + std::to_string(run.round) + R"(,"checksum":)" + std::to_string(run.cost.checksum);
    for (auto const& each : columns)
        text += std::string{",\""} + each.json_name + "\":" + fixed(each.value(run), 6);
    return text + "}";
}

std::string json_of_mode(mode_result const& result)
{
    auto text = R"({"topic":")" + result.topic + R"(","mode":")" + result.mode + R"(","records":)" +
                std::to_string(result.runs.front().cost.records);
    for (auto const& each : columns)
        text += std::string{",\""} + each.json_name + "\":" + json(spread_of(result.runs, each.value));
    if (!result.ratios.empty())
        text += R"(,"ratio_to_raw":)" + json(spread_of(result.ratios));
    text += ",\"runs\":[";
    for (auto const& each : result.runs)
        text += (&each == &result.runs.front() ? "" : ",") + json_of_run(each);
    return text + "]}";
}

std::ofstream open(std::string const& file)
{
    auto out = std::ofstream{file};
    if (!out)
        throw std::runtime_error{"cannot write " + file};
    return out;
}

void close(std::ofstream& out, std::string const& file)
{
    out.close();
    if (!out)
        throw std::runtime_error{"cannot write " + file};
}

} // namespace

void print_topics(std::ostream& out, std::vector<std::string> const& kinds, std::vector<filled_topic> const& topics)
{
    for (std::size_t i = 0; i < topics.size(); ++i)
    {
        out << (i == 0 ? "{\"" : ",\n\"") << kinds[i] << R"(":{"name":")" << topics[i].name << R"(","sizes":[)";
        auto const* separator = "";
        for (auto const each : topics[i].partition_sizes)
            out << std::exchange(separator, ",") << each;
        out << "]}";
    }
    out << "}\n" << std::flush;
}

void print_table(std::ostream& out, options const& from, std::vector<mode_result> const& results)
{
    out << "librdkafka " << rd_kafka_version_str() << ", " << (from.pin ? "pinned to one core" : "not pinned") << ", "
        << from.threads << " io_context thread(s), " << from.rounds << " round(s): median (min-max)\n"
        << padded("topic", 8) << padded("mode", 28);
    for (auto const& each : columns)
        out << padded(each.title, 22);
    out << "ratio to raw\n";
    for (auto const& result : results)
    {
        out << padded(result.topic, 8) << padded(result.mode, 28);
        for (auto const& each : columns)
            out << padded(cell(spread_of(result.runs, each.value), each.decimals), 22);
        out << (result.ratios.empty() ? "-" : cell(spread_of(result.ratios), 3)) << '\n';
    }
    out << std::flush;
}

void write_json(std::string const& file, options const& from, std::vector<mode_result> const& results)
{
    auto out = open(file);
    out << R"({"librdkafka":")" << rd_kafka_version_str() << R"(","pinned":)" << (from.pin ? "true" : "false")
        << R"(,"threads":)" << from.threads << R"(,"batch_size":)" << from.batch_size << R"(,"rounds":)" << from.rounds
        << ",\"results\":[\n";
    for (auto const& each : results)
        out << json_of_mode(each) << (&each == &results.back() ? "\n" : ",\n");
    out << "]}\n";
    close(out, file);
}

void write_csv(std::string const& file, std::vector<mode_result> const& results)
{
    auto out = open(file);
    out << "topic,mode,round,records";
    for (auto const& each : columns)
        out << ',' << each.json_name;
    out << ",ratio_to_raw\n";
    for (auto const& result : results)
        for (std::size_t i = 0; i < result.runs.size(); ++i)
        {
            out << result.topic << ',' << result.mode << ',' << result.runs[i].round << ','
                << result.runs[i].cost.records;
            for (auto const& each : columns)
                out << ',' << fixed(each.value(result.runs[i]), 6);
            out << ',' << (result.ratios.empty() ? "" : fixed(result.ratios[i], 6)) << '\n';
        }
    close(out, file);
}

} // namespace paperboy::bench

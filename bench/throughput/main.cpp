// Compares the engine with a plain librdkafka loop: see --help, and bench/README.md for the method.

#include "throughput/child_process.hpp"
#include "throughput/consumers.hpp"
#include "throughput/options.hpp"
#include "throughput/report.hpp"
#include "throughput/samples.hpp"
#include "throughput/scrape.hpp"
#include "throughput/topic_filler.hpp"

#include <algorithm>
#include <iostream>
#include <random>
#include <stdexcept>

namespace paperboy::bench
{
namespace
{

std::vector<mode> const& modes()
{
    static auto const all = []
    {
        auto made = std::vector<mode>{{"raw", consume_raw},
                                      {"raw-defaults", consume_raw_defaults},
                                      {"void", consume_void},
                                      {"awaitable", consume_awaitable},
                                      {"bulk", consume_bulk},
                                      {"json", consume_json},
                                      {"stalled", consume_stalled},
                                      {"ready", consume_ready},
                                      {"alone", work_alone},
                                      {"json-raw", consume_json_raw},
                                      {"msgpack-raw", consume_msgpack_raw, "msgpack-raw"},
                                      {"msgpack", consume_msgpack, "msgpack-raw"},
                                      {"avro-raw", consume_avro_raw, "avro-raw"},
                                      {"avro", consume_avro, "avro-raw"}};
        if (can_scrape())
            made.push_back({"void-metrics", consume_void_scraped, "void"});
        std::ranges::move(table_modes(), std::back_inserter(made));
        std::ranges::move(transform_modes(), std::back_inserter(made));
        return made;
    }();
    return all;
}

// Some names stand for all modes that begin in one way.
std::vector<std::string> spelled_out(std::vector<std::string> const& names)
{
    auto result = std::vector<std::string>{};
    for (auto const& name : names)
    {
        auto const begin = std::string{name == "count_per_key" ? "count-" : name == "restore" ? "restore-" : ""};
        if (begin.empty())
            result.push_back(find_mode(name).name);
        else
            for (auto const& each : modes())
                if (each.name.starts_with(begin))
                    result.push_back(each.name);
    }
    return result;
}

int run_child(options const& from)
{
    if (from.pin)
        pin_to_one_core();
    std::cout << to_line(find_mode(from.mode).run(from)) << std::endl;
    return 0;
}

// A topic for what one run writes.
class scratch_topic
{
public:
    // Without partitions there is none.
    scratch_topic(topic_filler& filler, std::size_t partitions, bool compacted) : filler_{filler}
    {
        if (partitions == 0)
            return;
        name_ = "paperboy-bench-output-" + std::to_string(std::random_device{}());
        filler_.create(name_, static_cast<std::int32_t>(partitions), compacted);
    }
    scratch_topic(scratch_topic const&) = delete;
    scratch_topic& operator=(scratch_topic const&) = delete;
    ~scratch_topic()
    {
        if (!name_.empty())
            filler_.remove(name_);
    }

    [[nodiscard]] std::string const& name() const noexcept { return name_; }

private:
    topic_filler& filler_;
    std::string name_;
};

measurement measure(options const& from, std::string const& mode, filled_topic const& topic, topic_filler& filler)
try
{
    auto const& found = find_mode(mode);
    auto const scratch = scratch_topic{filler, found.writes ? topic.partition_sizes.size() : 0, found.compacted};
    auto const output =
        run_self(child_arguments(from, mode, topic.name, topic.partition_sizes, scratch.name()), from.deadline);
    auto const cost = parse_line(output);
    if (!cost)
        throw std::runtime_error{"no measurement in its output: " + output};
    return *cost;
}
catch (std::exception const& error)
{
    throw std::runtime_error{"mode " + mode + " on " + topic.name + ": " + error.what()};
}

// What a mode adds up: "count" for all that count.
std::string sums_of(mode_result const& result)
{
    return result.against.substr(0, result.against.find('-'));
}

void check_same_records(std::vector<mode_result> const& results)
{
    for (auto const& result : results)
    {
        auto const like = std::ranges::find(results, sums_of(result), sums_of);
        auto const expected = like->runs.front().cost.checksum;
        for (auto const& run : result.runs)
            if (run.cost.checksum != expected)
                throw std::runtime_error{"mode " + result.mode + " on " + result.topic + ", round " +
                                         std::to_string(run.round) + ", has seen other records than the first run"};
    }
}

std::vector<mode_result> measure_topic(options const& from, std::string const& name, filled_topic const& topic,
                                       topic_filler& filler)
{
    auto results = std::vector<mode_result>{};
    for (auto const& mode : spelled_out(from.modes))
        results.push_back({name, mode, {}, find_mode(mode).against, {}});
    for (auto round = 1; round <= from.rounds; ++round)
        for (auto& each : results)
        {
            each.runs.push_back({round, measure(from, each.mode, topic, filler)});
            std::cerr << name << " round " << round << '/' << from.rounds << ' ' << each.mode << ": "
                      << each.runs.back().cpu_us_per_record() << " us/record, "
                      << each.runs.back().million_records_per_second() << " M/s" << std::endl;
        }
    check_same_records(results);
    compare(results);
    return results;
}

// Topics that are alike, as one: its name is a regular expression.
filled_topic fill_copies(options const& from, topic_kind const& kind, std::uint64_t records, topic_filler& filler)
{
    auto const stem = "-of-" + std::to_string(from.copies) + "-";
    auto all = filled_topic{};
    for (std::int32_t copy = 1; copy <= from.copies; ++copy)
    {
        auto const number = std::to_string(copy);
        auto const one = filler.fill(kind, from.layout, records, stem + number);
        all.name = "^" + one.name.substr(0, one.name.size() - number.size()) + "[0-9]+$";
        all.partition_sizes.insert(all.partition_sizes.end(), one.partition_sizes.begin(), one.partition_sizes.end());
    }
    return all;
}

std::vector<filled_topic> fill_topics(options const& from, topic_filler& filler)
{
    auto topics = std::vector<filled_topic>{};
    for (auto const& name : from.topics)
    {
        auto const& kind = find_topic_kind(name);
        auto const scaled = static_cast<std::uint64_t>(static_cast<double>(kind.full_size) * from.scale);
        auto const records = from.records > 0 ? from.records : std::max<std::uint64_t>(scaled, 1);
        auto const each = std::max<std::uint64_t>(records / static_cast<std::uint64_t>(from.copies), 1);
        topics.push_back(from.copies > 1 ? fill_copies(from, kind, each, filler)
                                         : filler.fill(kind, from.layout, records));
    }
    return topics;
}

int run_parent(options const& from)
{
    static_cast<void>(spelled_out(from.modes));
    auto filler = topic_filler{from.bootstrap_servers};
    auto const topics = fill_topics(from, filler);
    if (from.fill_only)
    {
        print_topics(std::cout, from.topics, topics);
        return 0;
    }
    auto all = std::vector<mode_result>{};
    for (std::size_t i = 0; i < topics.size(); ++i)
        std::ranges::move(measure_topic(from, from.topics[i], topics[i], filler), std::back_inserter(all));
    print_table(std::cout, from, all);
    if (!from.json_file.empty())
        write_json(from.json_file, from, all);
    if (!from.csv_file.empty())
        write_csv(from.csv_file, all);
    return 0;
}

} // namespace

mode const& find_mode(std::string const& name)
{
    auto const found = std::ranges::find(modes(), name, &mode::name);
    if (found == modes().end())
        throw usage_error{"\"" + name + "\" is no mode of this build; see --help"};
    return *found;
}

config engine_settings(options const& from)
{
    auto settings = config{};
    settings.bootstrap_servers = from.bootstrap_servers;
    settings.group_id = "paperboy-throughput-" + std::to_string(std::random_device{}());
    settings.batch_size = from.batch_size;
    settings.memory_limit = from.memory_limit;
    settings.properties = from.properties;
    settings.log = logger{log_level::warning};
    return settings;
}

} // namespace paperboy::bench

int main(int argc, char** argv)
try
{
    auto const given = paperboy::bench::parse_options({argv + 1, argv + argc});
    if (given.help)
    {
        std::cout << paperboy::bench::help_text();
        return 0;
    }
    return given.mode.empty() ? paperboy::bench::run_parent(given) : paperboy::bench::run_child(given);
}
catch (paperboy::bench::usage_error const& error)
{
    std::cerr << "paperboy_throughput: " << error.what() << '\n';
    return 2;
}
catch (std::exception const& error)
{
    std::cerr << "paperboy_throughput: " << error.what() << '\n';
    return 1;
}

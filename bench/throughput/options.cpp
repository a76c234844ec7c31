#include "throughput/options.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <sstream>

namespace paperboy::bench
{
namespace
{

constexpr std::size_t mebibyte = 1024 * 1024;

template <class Number>
Number number(std::string const& name, std::string const& text, Number least)
{
    auto value = Number{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least)
        throw usage_error{name + " is \"" + text + "\"; give a number of at least " + std::to_string(least)};
    return value;
}

std::vector<std::string> list(std::string const& name, std::string const& text)
{
    auto all = std::vector<std::string>{};
    auto in = std::istringstream{text};
    for (auto each = std::string{}; std::getline(in, each, ',');)
        all.push_back(each);
    if (all.empty())
        throw usage_error{name + " is empty; give a comma-separated list"};
    return all;
}

void set_records(options& into, std::string const& text)
{
    if (text.find('.') == text.npos)
        into.records = number<std::uint64_t>("--records", text, 8);
    else
        into.scale = number<double>("--records", text, 1e-6);
}

void set_property(options& into, std::string const& text)
{
    auto const equals = text.find('=');
    if (equals == text.npos || equals == 0)
        throw usage_error{"-X is \"" + text + "\"; give property=value"};
    into.properties[text.substr(0, equals)] = text.substr(equals + 1);
}

using setter = std::function<void(options&, std::string const&)>;

std::map<std::string, setter> const& setters()
{
    static auto const all = std::map<std::string, setter>{
        {"--bootstrap-servers", [](options& o, std::string const& v) { o.bootstrap_servers = v; }},
        {"--topics", [](options& o, std::string const& v) { o.topics = list("--topics", v); }},
        {"--modes", [](options& o, std::string const& v) { o.modes = list("--modes", v); }},
        {"--records", set_records},
        {"--partitions",
         [](options& o, std::string const& v)
         {
             o.layout.partitions = number<std::int32_t>("--partitions", v, 1);
             o.layout.active = std::min(o.layout.active, o.layout.partitions);
         }},
        {"--active",
         [](options& o, std::string const& v) { o.layout.active = number<std::int32_t>("--active", v, 1); }},
        {"--copies", [](options& o, std::string const& v) { o.copies = number<std::int32_t>("--copies", v, 1); }},
        {"--rounds", [](options& o, std::string const& v) { o.rounds = number<int>("--rounds", v, 1); }},
        {"--work",
         [](options& o, std::string const& v) { o.work = std::chrono::nanoseconds{number<int>("--work", v, 0)}; }},
        {"--threads", [](options& o, std::string const& v) { o.threads = number<int>("--threads", v, 1); }},
        {"--batch-size",
         [](options& o, std::string const& v) { o.batch_size = number<std::size_t>("--batch-size", v, 1); }},
        {"--memory-limit", [](options& o, std::string const& v)
         { o.memory_limit = number<std::size_t>("--memory-limit", v, 1) * mebibyte; }},
        {"--cache",
         [](options& o, std::string const& v) { o.cache_bytes = number<std::size_t>("--cache", v, 1) * mebibyte; }},
        {"--child-output", [](options& o, std::string const& v) { o.output = v; }},
        {"--deadline",
         [](options& o, std::string const& v) { o.deadline = std::chrono::seconds{number<int>("--deadline", v, 1)}; }},
        {"-X", set_property},
        {"--json", [](options& o, std::string const& v) { o.json_file = v; }},
        {"--csv", [](options& o, std::string const& v) { o.csv_file = v; }},
        {"--child-mode", [](options& o, std::string const& v) { o.mode = v; }},
        {"--child-topic", [](options& o, std::string const& v) { o.topic = v; }},
        {"--child-sizes",
         [](options& o, std::string const& v)
         {
             for (auto const& each : list("--child-sizes", v))
                 o.partition_sizes.push_back(number<std::int64_t>("--child-sizes", each, 0));
         }},
    };
    return all;
}

bool set_flag(options& into, std::string const& name)
{
    if (name == "--pin" || name == "--no-pin")
        into.pin = name == "--pin";
    else if (name == "--fill")
        into.fill_only = true;
    else if (name == "--help" || name == "-h")
        into.help = true;
    else
        return false;
    return true;
}

} // namespace

options parse_options(std::vector<std::string> const& arguments)
{
    auto result = options{};
    for (std::size_t i = 0; i < arguments.size(); ++i)
    {
        auto const& name = arguments[i];
        if (set_flag(result, name))
            continue;
        auto const found = setters().find(name);
        if (found == setters().end())
            throw usage_error{"unknown option \"" + name + "\"; see --help"};
        if (++i == arguments.size())
            throw usage_error{name + " needs a value; see --help"};
        found->second(result, arguments[i]);
    }
    if (result.layout.active > result.layout.partitions)
        throw usage_error{"--active is " + std::to_string(result.layout.active) + " of " +
                          std::to_string(result.layout.partitions) + " partitions; see --partitions"};
    if (!result.help && result.bootstrap_servers.empty())
        throw usage_error{"--bootstrap-servers is missing; name a broker, for example localhost:9092"};
    return result;
}

std::vector<std::string> child_arguments(options const& from, std::string const& mode, std::string const& topic,
                                         std::vector<std::int64_t> const& partition_sizes, std::string const& output)
{
    auto sizes = std::string{};
    for (auto const each : partition_sizes)
        sizes += (sizes.empty() ? "" : ",") + std::to_string(each);
    auto all = std::vector<std::string>{from.pin ? "--pin" : "--no-pin"};
    auto const add = [&all](std::string const& name, std::string const& value)
    { all.insert(all.end(), {name, value}); };
    add("--bootstrap-servers", from.bootstrap_servers);
    add("--child-mode", mode);
    add("--child-topic", topic);
    add("--child-sizes", sizes);
    add("--threads", std::to_string(from.threads));
    add("--batch-size", std::to_string(from.batch_size));
    add("--memory-limit", std::to_string(from.memory_limit / mebibyte));
    add("--cache", std::to_string(from.cache_bytes / mebibyte));
    add("--work", std::to_string(from.work.count()));
    if (!output.empty())
        add("--child-output", output);
    for (auto const& [name, value] : from.properties)
        add("-X", name + "=" + value);
    return all;
}

std::string help_text()
{
    return R"(Compares paperboy's engine with a plain librdkafka loop on the same topics.

    paperboy_throughput --bootstrap-servers HOST:PORT[,...] [OPTION...]

  --topics LIST       of raw100, json400, raw1k (default: these), msgpack400, avro400, zipf400, raw10k, raw100k, skew100
                      and counts; made and filled where missing
  --records N | F     N records in each topic, or a fraction F of the full size, written with a point (default: 1.0)
  --partitions N      of each topic (default: 8)
  --active N          the partitions that have records; where records have keys, these decide (default: 8, or all)
  --copies N          topics of each kind, which share its records and are consumed as one (default: 1)
  --fill              makes and fills the topics and prints their names and sizes as JSON; measures nothing
  --modes LIST        of raw, raw-defaults, void, awaitable, bulk, json, stalled, ready, void-metrics, alone (default:
                      raw,void,awaitable); json-raw for json400, msgpack and msgpack-raw for msgpack400, avro and
                      avro-raw for avro400; with RocksDB, for json400 and zipf400: count_per_key, which is all that begin
                      with "count-"; for counts: restore, which is all that begin with "restore-", and restart;
                      for any: transform and transform-raw, from topic to topic
  --rounds N          each round runs every mode once (default: 5)
  --pin | --no-pin    whether a run may use one core only (default: --pin)
  --threads N         threads that run the engine's io_context (default: 1)
  --batch-size N      records that the engine hands to a handler, and raw takes, in one go (default: 1000)
  --memory-limit MB   of the engine, and for raw's queue that of one partition (default: 256)
  --cache MB          memory for the entries of a table on disk (default: 64)
  --work NS           nanoseconds that each record is worked on, in every mode (default: 0)
  -X NAME=VALUE       a librdkafka property, for the engine and for raw
  --deadline SECONDS  of one run (default: 180)
  --json FILE         writes all results
  --csv FILE          writes one line per run
)";
}

} // namespace paperboy::bench

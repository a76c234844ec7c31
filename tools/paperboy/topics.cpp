#include "command.hpp"
#include "connection.hpp"
#include "output.hpp"
#include "places.hpp"

#include <paperboy/admin.hpp>

#include <memory>
#include <optional>

namespace paperboy::cli
{
namespace
{

struct topics_options
{
    connection cluster;
    std::string topic;
    std::string place;
    bool as_json = false;
};

void list_topics(topics_options const& options, admin& cluster)
{
    auto rows = std::vector<std::vector<std::string>>{{"TOPIC", "PARTITIONS"}};
    for (auto const& each : cluster.topics())
        if (options.as_json)
            output::standard().json_line({{"topic", each.name}, {"partitions", each.partitions}});
        else
            rows.push_back({each.name, std::to_string(each.partitions)});
    if (!options.as_json)
        print_columns(output::standard(), rows);
}

void list_partitions(topics_options const& options, admin& cluster)
{
    auto const where = options.place.empty() ? std::nullopt : std::optional{parse_place(options.place, "-o")};
    if (where && where->is == place::kind::stored)
        throw usage_error{"-o is \"stored\"; what groups have stored is shown by paperboy offsets show -g GROUP"};
    auto const partitions = partitions_of(cluster, options.topic, {});
    auto const oldest = by_partition(cluster.oldest_offsets(partitions));
    auto const ends = by_partition(cluster.end_offsets(partitions));
    auto const found = where ? by_partition(resolve(cluster, partitions, *where, {})) : topic_reader::offsets{};
    auto rows = std::vector<std::vector<std::string>>{{"TOPIC", "PARTITION", "BEGINNING", "END"}};
    if (where)
        rows.front().emplace_back("OFFSET");
    for (auto const& [partition, end] : ends)
    {
        auto line =
            json{{"topic", options.topic}, {"partition", partition}, {"beginning", oldest.at(partition)}, {"end", end}};
        auto row = std::vector{options.topic, std::to_string(partition), std::to_string(oldest.at(partition)),
                               std::to_string(end)};
        if (where)
        {
            line["offset"] = found.at(partition);
            row.push_back(std::to_string(found.at(partition)));
        }
        if (options.as_json)
            output::standard().json_line(line);
        rows.push_back(std::move(row));
    }
    if (!options.as_json)
        print_columns(output::standard(), rows);
}

exit_code run(topics_options const& options)
{
    auto cluster = admin{options.cluster.settings(), options.cluster.timeout()};
    if (options.topic.empty() && !options.place.empty())
        throw usage_error{"-o is an offset of a topic's partitions; name the topic with -t"};
    options.topic.empty() ? list_topics(options, cluster) : list_partitions(options, cluster);
    return exit_code::done;
}

} // namespace

void add_topics(CLI::App& app, action& chosen)
{
    auto const options = std::make_shared<topics_options>();
    auto& command =
        *app.add_subcommand("topics", "The topics that there are, or the offsets of one (kcat's -L and -Q)");
    options->cluster.add_to(command);
    command.add_option("-t,--topic", options->topic, "This one: its partitions, where they begin, and where they end");
    command.add_option("-o,--offset", options->place, "And the offset of this place: s@TIME, -N from the end");
    command.add_flag("-J,--json", options->as_json, "A JSON object for each");
    command.callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

} // namespace paperboy::cli

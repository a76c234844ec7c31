#include "command.hpp"
#include "connection.hpp"
#include "output.hpp"
#include "places.hpp"

#include <paperboy/admin.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>

namespace paperboy::cli
{
namespace
{

struct offsets_options
{
    connection cluster;
    std::string group;
    std::vector<std::string> topics;
    std::string to;
    std::string file;
    bool execute = false;
    bool as_json = false;
    bool as_csv = false;
};

// A partition whose offset is to be another one.
struct move
{
    partition_offset to;
    std::optional<std::int64_t> from;
    std::int64_t oldest = 0;
    std::int64_t end = 0;
};

std::vector<topic_partition> wanted_partitions(admin& cluster, offsets_options const& options)
{
    auto all = std::vector<topic_partition>{};
    for (auto const& text : options.topics)
        for (auto const& each : parse_partitions(cluster, text))
            all.push_back(each);
    return all;
}

exit_code show(offsets_options const& options)
{
    auto cluster = admin{options.cluster.settings(), options.cluster.timeout()};
    auto const partitions = wanted_partitions(cluster, options);
    auto const found =
        options.topics.empty() ? cluster.committed(options.group) : cluster.committed(options.group, partitions);
    auto rows = std::vector<std::vector<std::string>>{{"TOPIC", "PARTITION", "OFFSET"}};
    for (auto const& each : found)
        if (options.as_json)
            output::standard().json_line({{"group", options.group},
                                          {"topic", each.topic},
                                          {"partition", each.partition},
                                          {"offset", each.offset}});
        else if (options.as_csv)
            output::standard().line(each.topic + ',' + std::to_string(each.partition) + ',' +
                                    std::to_string(each.offset));
        else
            rows.push_back({each.topic, std::to_string(each.partition), std::to_string(each.offset)});
    if (!options.as_json && !options.as_csv)
        print_columns(output::standard(), rows);
    output::standard().flush();
    if (found.empty())
        std::cerr << "paperboy: group \"" << options.group << "\" has committed nothing here\n";
    return exit_code::done;
}

template <class Number>
bool read_number(std::string_view text, Number& number)
{
    auto const* const end = text.data() + text.size();
    auto const [read, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && read == end && number >= 0;
}

// TOPIC,PARTITION,OFFSET, as kafka-consumer-groups exports them, too.
partition_offset parse_row(std::string line, std::string const& place)
{
    std::erase_if(line, [](char each) { return each == '"' || each == '\r' || each == ' '; });
    auto const first = line.find(',');
    auto const second = line.find(',', first + 1);
    auto row = partition_offset{line.substr(0, first), 0, 0};
    auto const rest = std::string_view{line};
    if (first == line.npos || second == line.npos || row.topic.empty() ||
        !read_number(rest.substr(first + 1, second - first - 1), row.partition) ||
        !read_number(rest.substr(second + 1), row.offset))
        throw usage_error{place + " is \"" + line + "\"; write TOPIC,PARTITION,OFFSET"};
    return row;
}

std::vector<partition_offset> read_rows(std::string const& path)
{
    auto file = std::ifstream{path};
    if (!file)
        throw usage_error{"cannot read " + path + " (--from-file); name a file of TOPIC,PARTITION,OFFSET lines"};
    auto rows = std::vector<partition_offset>{};
    auto number = 0;
    for (auto line = std::string{}; std::getline(file, line);)
        if (++number; !line.empty() && line.front() != '#')
            rows.push_back(parse_row(line, path + ":" + std::to_string(number)));
    if (file.bad())
        throw command_failed{"cannot read " + path + " (--from-file); name a file of TOPIC,PARTITION,OFFSET lines"};
    return rows;
}

std::vector<partition_offset> targets(admin& cluster, offsets_options const& options)
{
    if (options.file.empty())
        return resolve(cluster, wanted_partitions(cluster, options), parse_place(options.to, "--to"), options.group);
    auto rows = read_rows(options.file);
    for (auto const& each : rows)
        static_cast<void>(partitions_of(cluster, each.topic, std::array{each.partition}));
    return rows;
}

std::vector<move> plan(admin& cluster, offsets_options const& options)
{
    auto const to = targets(cluster, options);
    auto partitions = std::vector<topic_partition>{};
    for (auto const& each : to)
    {
        auto const where = topic_partition{each.topic, each.partition};
        if (std::ranges::find(partitions, where) != partitions.end())
            throw usage_error{to_string(where) + " is named twice; name each partition once"};
        partitions.push_back(where);
    }
    auto known = std::map<topic_partition, std::int64_t>{};
    for (auto const& each : cluster.committed(options.group, partitions))
        known[{each.topic, each.partition}] = each.offset;
    auto const oldest = cluster.oldest_offsets(partitions);
    auto const ends = cluster.end_offsets(partitions);
    auto moves = std::vector<move>{};
    for (std::size_t i = 0; i < to.size(); ++i)
    {
        auto& each = moves.emplace_back();
        each.to = to[i];
        each.oldest = oldest[i].offset;
        each.end = ends[i].offset;
        if (auto const found = known.find(partitions[i]); found != known.end())
            each.from = found->second;
        if (each.to.offset < each.oldest || each.to.offset > each.end)
            throw usage_error{to_string(partitions[i]) + " has no offset " + std::to_string(each.to.offset) +
                              "; it has " + std::to_string(each.oldest) + " to " + std::to_string(each.end)};
    }
    return moves;
}

void print_moves(std::vector<move> const& moves, offsets_options const& options)
{
    auto rows = std::vector<std::vector<std::string>>{{"TOPIC", "PARTITION", "FROM", "TO", "RECORDS"}};
    for (auto const& each : moves)
    {
        auto const by = each.to.offset - each.from.value_or(each.to.offset);
        if (options.as_json)
            output::standard().json_line({{"group", options.group},
                                          {"topic", each.to.topic},
                                          {"partition", each.to.partition},
                                          {"from", each.from ? json(*each.from) : json{}},
                                          {"to", each.to.offset},
                                          {"executed", options.execute}});
        rows.push_back({each.to.topic, std::to_string(each.to.partition), each.from ? std::to_string(*each.from) : "-",
                        std::to_string(each.to.offset), each.from ? (by > 0 ? "+" : "") + std::to_string(by) : "-"});
    }
    if (!options.as_json)
        print_columns(output::standard(), rows);
    output::standard().flush();
}

exit_code seek(offsets_options const& options)
{
    if (options.to.empty() == options.file.empty())
        throw usage_error{"where to is not clear; give one of --to PLACE and --from-file FILE"};
    if (options.file.empty() && options.topics.empty())
        throw usage_error{"no topic is named; give -t TOPIC or -t TOPIC:PARTITION[,PARTITION…]"};
    auto cluster = admin{options.cluster.settings(), options.cluster.timeout()};
    auto const moves = plan(cluster, options);
    if (options.execute)
    {
        if (auto const group = cluster.describe(options.group); !group.members.empty() || !group.members_known)
            throw command_failed{"group \"" + options.group + "\" has " +
                                 (group.members_known ? std::to_string(group.members.size()) + " " : "") +
                                 "members, which would commit over it; stop them first"};
        auto offsets = std::vector<partition_offset>{};
        for (auto const& each : moves)
            offsets.push_back(each.to);
        cluster.commit(options.group, offsets);
    }
    print_moves(moves, options);
    if (!options.execute)
        std::cerr << "paperboy: nothing was changed; add --execute to commit this\n";
    return exit_code::done;
}

} // namespace

void add_offsets(CLI::App& app, action& chosen)
{
    auto const options = std::make_shared<offsets_options>();
    auto& command = *app.add_subcommand("offsets", "Show and change what a group has committed");
    command.require_subcommand(1);
    for (auto* const each : {command.add_subcommand("show", "What the group has committed"),
                             command.add_subcommand("seek", "Commit other offsets; without --execute only shows them")})
    {
        options->cluster.add_to(*each);
        each->add_option("-g,--group", options->group, "The group")->required();
        each->add_option("-t,--topic", options->topics, "TOPIC or TOPIC:PARTITION[,PARTITION…]; may be repeated")
            ->allow_extra_args(false);
        each->add_flag("--json", options->as_json, "A JSON object for each partition");
    }
    auto& shown = *command.get_subcommand("show");
    shown.add_flag("--csv", options->as_csv, "TOPIC,PARTITION,OFFSET, for --from-file");
    shown.callback([options, &chosen] { chosen = [options] { return show(*options); }; });
    auto& sought = *command.get_subcommand("seek");
    sought.add_option("--to", options->to, "beginning, end, an offset, -N from the end, or s@TIME");
    sought.add_option("--from-file", options->file, "TOPIC,PARTITION,OFFSET lines, as of `offsets show --csv`");
    sought.add_flag("--execute", options->execute, "Do it");
    sought.callback([options, &chosen] { chosen = [options] { return seek(*options); }; });
}

} // namespace paperboy::cli

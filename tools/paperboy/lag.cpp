#include "command.hpp"
#include "connection.hpp"
#include "group_lag.hpp"
#include "interruption.hpp"
#include "output.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include <unistd.h>

namespace paperboy::cli
{
namespace
{

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

struct lag_options
{
    connection cluster;
    std::vector<std::string> groups;
    std::string topic;
    bool all = false;
    std::optional<double> watch;
    std::optional<std::int64_t> limit;
    bool as_json = false;
};

std::string text_of(std::optional<std::int64_t> number)
{
    return number ? std::to_string(*number) : "-";
}

std::string text_of(std::string const& text)
{
    return text.empty() ? "-" : text;
}

void print_table(group_lag const& found)
{
    auto rows = std::vector<std::vector<std::string>>{};
    rows.push_back(
        {"GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID"});
    for (auto const& row : found.partitions)
        rows.push_back({row.group, row.where.topic, std::to_string(row.where.partition), text_of(row.committed),
                        std::to_string(row.end), text_of(row.lag()), text_of(row.member), text_of(row.host),
                        text_of(row.client)});
    print_columns(output::standard(), rows);
}

void print_json(group_lag const& found)
{
    for (auto const& row : found.partitions)
    {
        auto line = json::object();
        line["group"] = row.group;
        line["topic"] = row.where.topic;
        line["partition"] = row.where.partition;
        line["current_offset"] = row.committed ? json(*row.committed) : json{};
        line["log_end_offset"] = row.end;
        line["lag"] = row.lag() ? json(*row.lag()) : json{};
        line["consumer_id"] = row.member.empty() ? json{} : json(row.member);
        line["host"] = row.host.empty() ? json{} : json(row.host);
        line["client_id"] = row.client.empty() ? json{} : json(row.client);
        output::standard().json_line(line);
    }
}

void tell_of_members(group_lag const& found)
{
    for (auto const& group : found.groups)
        if (!group.members_known)
            std::cerr
                << "paperboy: the members of group \"" << group.name
                << "\" are not known: it has group.protocol=consumer (KIP-848); run with librdkafka 2.10 or newer\n";
        else if (group.members.empty())
            std::cerr << "paperboy: group \"" << group.name << "\" "
                      << (group.state == "Dead" ? "does not exist" : "has no members") << '\n';
}

std::int64_t greatest(group_lag const& found)
{
    auto most = std::int64_t{0};
    for (auto const& row : found.partitions)
        most = std::max(most, row.lag().value_or(0));
    return most;
}

// What --fail-above cannot compare may lag by any number: says so for each, and whether there is any.
bool tell_of_unknown(group_lag const& found, lag_options const& options)
{
    auto with_rows = std::set<std::string>{};
    auto any = false;
    auto const tell = [&](std::string const& of, std::string const& why)
    {
        std::cerr << "paperboy: the lag of group " << of << " is not known: " << why << '\n';
        any = true;
    };
    for (auto const& row : found.partitions)
    {
        with_rows.insert(row.group);
        if (!row.lag())
            tell('"' + row.group + "\" in " + to_string(row.where),
                 "it has committed nothing there, or its offsets have expired");
    }
    // Of all groups, most may have nothing to do with a topic.
    if (options.all && !with_rows.empty())
        return any;
    for (auto const& group : found.groups)
        if (!with_rows.contains(group.name))
            tell('"' + group.name + '"' + (options.topic.empty() ? "" : " in topic \"" + options.topic + '"'),
                 "it has committed nothing, or its offsets have expired; check the names");
    return any;
}

exit_code show(lag_options const& options, admin& cluster)
{
    auto const found = ask_lag(cluster, options.all ? cluster.groups() : options.groups, options.topic);
    if (options.watch && !options.as_json)
        output::standard().write(::isatty(STDOUT_FILENO) == 1 ? "\x1b[H\x1b[2J" : "\n");
    if (options.as_json)
        print_json(found);
    else
        print_table(found);
    output::standard().flush();
    if (!options.as_json && !options.watch)
        tell_of_members(found);
    if (!options.limit)
        return exit_code::done;
    auto const unknown = tell_of_unknown(found, options);
    return unknown || greatest(found) > *options.limit ? exit_code::found : exit_code::done;
}

// In pieces, so that a signal is seen.
void pause(clock::duration length)
{
    auto const end = clock::now() + length;
    while (!interruption::asked() && clock::now() < end)
        std::this_thread::sleep_for(std::min<clock::duration>(50ms, end - clock::now()));
}

exit_code run(lag_options const& options)
{
    if (options.groups.empty() && !options.all)
        throw usage_error{"no group is named; give -g GROUP, or --all-groups"};
    auto cluster = admin{options.cluster.settings(), options.cluster.timeout()};
    if (!options.watch)
        return show(options, cluster);
    auto const guard = interruption{};
    while (!interruption::asked())
    {
        if (auto const code = show(options, cluster); code != exit_code::done)
            return code;
        pause(std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>{*options.watch}));
    }
    return exit_code::done;
}

} // namespace

void add_lag(CLI::App& app, action& chosen)
{
    auto const options = std::make_shared<lag_options>();
    auto& command = *app.add_subcommand("lag", "How far groups are behind, in the columns of kafka-consumer-groups");
    options->cluster.add_to(command);
    command.add_option("-g,--group", options->groups, "A group; may be repeated")->allow_extra_args(false);
    command.add_flag("--all-groups", options->all, "All groups");
    command.add_option("-t,--topic", options->topic, "Of this topic only");
    command.add_option("--watch", options->watch, "Again every so many seconds, until Ctrl-C")
        ->check(CLI::Range(0.1, 86400.0));
    command.add_option("--fail-above", options->limit,
                       "Exit status 3 when a partition lags by more records than this, or by a number that is not "
                       "known; ends a --watch");
    command.add_flag("--json", options->as_json, "A JSON object for each partition");
    command.callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

} // namespace paperboy::cli

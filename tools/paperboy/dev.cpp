#include "command.hpp"
#include "connection.hpp"
#include "output.hpp"
#include "subprocess.hpp"

#include <paperboy/admin.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

namespace paperboy::cli
{
namespace
{

struct dev_options
{
    std::string directory;
    std::string tools;
    std::vector<std::string> topics;
    int port = 0;
    bool no_registry = false;
    bool as_json = false;
};

std::string from_environment(char const* name)
{
    auto const* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

std::filesystem::path directory_of(dev_options const& options)
{
    if (!options.directory.empty())
        return std::filesystem::absolute(options.directory);
    if (auto const cache = from_environment("PAPERBOY_CACHE"); !cache.empty())
        return std::filesystem::path{cache} / "dev";
    if (auto const cache = from_environment("XDG_CACHE_HOME"); !cache.empty())
        return std::filesystem::path{cache} / "paperboy" / "dev";
    return std::filesystem::path{from_environment("HOME")} / ".cache" / "paperboy" / "dev";
}

// Installed beside us, or in the source tree that we were built in.
std::filesystem::path tools_of(dev_options const& options)
{
    auto const holds = [](std::filesystem::path const& folder) { return exists(folder / "kafka" / "broker"); };
    if (!options.tools.empty())
    {
        if (!holds(options.tools))
            throw usage_error{"--tools is " + options.tools +
                              ", which has no kafka/broker; name paperboy's folder tools"};
        return options.tools;
    }
    for (auto folder = own_program().parent_path(); folder.has_relative_path(); folder = folder.parent_path())
        for (auto const& found : {folder / "share" / "paperboy" / "tools", folder / "tools"})
            if (holds(found))
                return found;
    throw command_failed{"the tools that start a broker are neither installed with this program nor in a source tree "
                         "around it; name paperboy's folder with --tools"};
}

finished_process call(dev_options const& options, std::string const& tool, std::string const& service,
                      std::vector<std::string> const& arguments)
{
    auto command = std::vector<std::string>{(tools_of(options) / tool).string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.insert(command.end(), {"--dir", (directory_of(options) / service).string()});
    return run_program(command);
}

std::string start(dev_options const& options, std::string const& tool, std::string const& service,
                  std::vector<std::string> const& arguments)
{
    auto done = call(options, tool, service, arguments);
    if (done.status != 0)
        throw command_failed{"the " + service + " did not start; see " +
                             (directory_of(options) / service / "log").string()};
    while (!done.output.empty() && done.output.back() == '\n')
        done.output.pop_back();
    return done.output.substr(done.output.rfind('\n') + 1);
}

struct wanted_topic
{
    std::string name;
    std::int32_t partitions = 1;
};

wanted_topic parse_topic(std::string const& text)
{
    auto const colon = text.find(':');
    auto topic = wanted_topic{text.substr(0, colon), 1};
    if (colon == text.npos)
        return topic;
    auto const* const end = text.data() + text.size();
    auto const [read, error] = std::from_chars(text.data() + colon + 1, end, topic.partitions);
    if (error != std::errc{} || read != end || topic.partitions < 1)
        throw usage_error{"--topic is \"" + text + "\"; write NAME:PARTITIONS, with 1 partition or more"};
    return topic;
}

void create_topics(std::vector<wanted_topic> const& topics, std::string const& brokers)
{
    auto settings = config{};
    settings.bootstrap_servers = brokers;
    settings.log = logger{log_level::off};
    auto cluster = admin{settings};
    auto const there = cluster.topics();
    for (auto const& wanted : topics)
    {
        auto const found = std::ranges::find(there, wanted.name, &topic_description::name);
        if (found == there.end())
            cluster.create_topic(wanted.name, wanted.partitions);
        else if (found->partitions != wanted.partitions)
            throw command_failed{"topic \"" + wanted.name + "\" is there with " + std::to_string(found->partitions) +
                                 " partitions, not " + std::to_string(wanted.partitions) +
                                 "; name another, or begin anew with `paperboy dev down`"};
    }
}

exit_code up(dev_options const& options)
{
    auto topics = std::vector<wanted_topic>{};
    for (auto const& each : options.topics)
        topics.push_back(parse_topic(each));
    auto arguments = std::vector<std::string>{"start"};
    if (options.port != 0)
        arguments.insert(arguments.end(), {"--port", std::to_string(options.port)});
    auto const brokers = start(options, "kafka/broker", "broker", arguments);
    auto const registry = options.no_registry ? std::string{} : start(options, "registry", "registry", {"start"});
    create_topics(topics, brokers);
    auto& out = output::standard();
    if (options.as_json)
        out.json_line({{"brokers", brokers}, {"registry", registry.empty() ? json{} : json(registry)}});
    else
    {
        out.line("export PAPERBOY_BROKERS=" + brokers);
        if (!registry.empty())
            out.line("export PAPERBOY_REGISTRY=" + registry);
    }
    return exit_code::done;
}

exit_code down(dev_options const& options)
{
    auto const broker = call(options, "kafka/broker", "broker", {"stop"});
    auto const registry = call(options, "registry", "registry", {"stop"});
    if (broker.status != 0 || registry.status != 0)
        throw command_failed{"not everything in " + directory_of(options).string() + " could be stopped"};
    return exit_code::done;
}

std::string state_of(int status)
{
    constexpr auto stopped = 3;
    return status == 0 ? "running" : status == stopped ? "stopped" : "not answering";
}

exit_code status(dev_options const& options)
{
    auto const broker = state_of(call(options, "kafka/broker", "broker", {"status"}).status);
    auto const registry = state_of(call(options, "registry", "registry", {"status"}).status);
    if (options.as_json)
        output::standard().json_line({{"broker", broker}, {"registry", registry}});
    else
        print_columns(output::standard(), {{"broker", broker}, {"registry", registry}});
    return broker == "running" ? exit_code::done : exit_code::failed;
}

} // namespace

void add_dev(CLI::App& app, action& chosen)
{
    auto const options = std::make_shared<dev_options>();
    auto& command =
        *app.add_subcommand("dev", "A real broker and schema registry on this machine (needs Java and Maven)");
    command.require_subcommand(1);
    using function = exit_code (*)(dev_options const&);
    auto const add = [&](std::string const& name, std::string const& text, function what) -> CLI::App&
    {
        auto& part = *command.add_subcommand(name, text);
        part.add_option("--dir", options->directory, "Where they keep their files; else dev/ in the cache");
        part.add_option("--tools", options->tools, "paperboy's folder tools, where it is not found by itself");
        part.add_flag("--json", options->as_json, "As a JSON object");
        part.callback([options, what, &chosen] { chosen = [options, what] { return what(*options); }; });
        return part;
    };
    auto& start = add("up", "Start them, and print their addresses for the shell: eval \"$(paperboy dev up)\"", &up);
    start.add_option("--topic", options->topics, "NAME:PARTITIONS, created unless it is there; may be repeated")
        ->allow_extra_args(false);
    start.add_option("--port", options->port, "The broker's port; else a free one")->check(CLI::Range(1, 65535));
    start.add_flag("--no-registry", options->no_registry, "Without a schema registry");
    add("down", "End them, and remove all their data", &down);
    add("status", "Whether they run; exit status 1 when the broker does not", &status);
}

} // namespace paperboy::cli

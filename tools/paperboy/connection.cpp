#include "connection.hpp"

#include "command.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iostream>
#include <utility>

namespace paperboy::cli
{
namespace
{

constexpr auto registry_prefix = std::string_view{"schema.registry."};

std::string trimmed(std::string_view text)
{
    constexpr auto blank = " \t\r";
    auto const begin = text.find_first_not_of(blank);
    if (begin == text.npos)
        return {};
    return std::string{text.substr(begin, text.find_last_not_of(blank) - begin + 1)};
}

// kcat's files set properties of topics as topic.NAME; librdkafka takes them by their names, and has some that begin
// so.
std::string plain_name(std::string name)
{
    constexpr auto prefix = std::string_view{"topic."};
    if (name.starts_with(prefix) && !name.starts_with("topic.metadata.") && name != "topic.blacklist")
        name.erase(0, prefix.size());
    return name;
}

// The value stays out of errors: it may be a secret.
void add_property(properties& to, std::string const& text, std::string const& place)
{
    auto const sign = text.find('=');
    auto const name = plain_name(trimmed(text.substr(0, sign)));
    if (sign == text.npos || name.empty())
        throw usage_error{place + " is no property; write NAME=VALUE, for example security.protocol=ssl"};
    to.insert_or_assign(name, trimmed(text.substr(sign + 1)));
}

properties read_file(std::string const& path)
{
    auto file = std::ifstream{path};
    if (!file)
        throw usage_error{"cannot read " + path + " (-F); name a file of NAME=VALUE lines"};
    auto all = properties{};
    auto number = 0;
    for (auto line = std::string{}; std::getline(file, line);)
    {
        ++number;
        auto const text = trimmed(line);
        if (!text.empty() && text.front() != '#')
            add_property(all, text, path + ":" + std::to_string(number));
    }
    if (file.bad())
        throw command_failed{"cannot read " + path + " (-F); name a file of NAME=VALUE lines"};
    return all;
}

std::string taken(properties& from, std::string_view name)
{
    auto const found = from.find(name);
    if (found == from.end())
        return {};
    auto value = std::move(found->second);
    from.erase(found);
    return value;
}

bool is_true(std::string text)
{
    std::ranges::transform(text, text.begin(),
                           [](unsigned char each) { return static_cast<char>(std::tolower(each)); });
    return text == "true" || text == "t" || text == "1";
}

offset_reset reset_of(std::string const& text)
{
    if (text.empty() || text == "earliest" || text == "smallest" || text == "beginning")
        return offset_reset::earliest;
    if (text == "latest" || text == "largest" || text == "end")
        return offset_reset::latest;
    if (text == "error")
        return offset_reset::error;
    throw usage_error{"auto.offset.reset is \"" + text + "\"; set it to earliest, latest or error"};
}

} // namespace

void connection::add_to(CLI::App& command)
{
    auto* const group = command.add_option_group("Connection");
    group->add_option("-b,--brokers", brokers_, "Brokers of the cluster, host:port[,…]")->envname("PAPERBOY_BROKERS");
    group->add_option("-X", given_, "A property of librdkafka, NAME=VALUE; may be repeated")->allow_extra_args(false);
    group->add_option("-F,--config", file_, "A file of such properties, one a line; # begins a comment")
        ->envname("PAPERBOY_CONFIG");
    group->add_option("-m,--timeout", timeout_s_, "Seconds that the cluster may take to answer a question")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0));
    group->add_option("-d,--debug", debug_, "Parts of librdkafka whose work -v shows: all, broker, cgrp, security, …");
    group->add_flag("-v,--verbose", verbose_, "Show librdkafka's log on stderr");
}

void connection::add_registry_to(CLI::App& command)
{
    command.add_option("-r,--registry", registry_, "The schema registry's URL, for Avro; with a path where it has one")
        ->envname("PAPERBOY_REGISTRY");
}

properties connection::all_properties() const
{
    auto all = file_.empty() ? properties{} : read_file(file_);
    for (auto& [name, value] : given_properties())
        all.insert_or_assign(name, std::move(value));
    if (!brokers_.empty())
        all.insert_or_assign("bootstrap.servers", brokers_);
    if (!debug_.empty())
        all.insert_or_assign("debug", debug_);
    return all;
}

bool connection::has_brokers() const
{
    auto const all = all_properties();
    return all.contains("bootstrap.servers") || all.contains("metadata.broker.list");
}

log_level connection::level() const noexcept
{
    return verbose_ || !debug_.empty() ? log_level::debug : log_level::off;
}

std::chrono::milliseconds connection::timeout() const
{
    return std::chrono::milliseconds{static_cast<long long>(timeout_s_ * 1000)};
}

properties connection::given_properties() const
{
    auto given = properties{};
    auto number = 0;
    for (auto const& each : given_)
        add_property(given, each, "-X number " + std::to_string(++number));
    return given;
}

// Where groups start, what they commit and what is acknowledged is not up to properties here, so a file that an
// application uses, too, is taken as it is.
config connection::settings() const
{
    auto all = all_properties();
    for (auto const* const name :
         {"auto.offset.reset", "enable.auto.commit", "auto.commit.enable", "enable.auto.offset.store",
          "auto.commit.interval.ms", "group.id", "group.instance.id", "log_level"})
        all.erase(name);
    auto const given = given_properties();
    for (auto const* const name : {"acks", "request.required.acks", "enable.idempotence", "enable.gapless.guarantee",
                                   "delivery.report.only.error", "transactional.id"})
        if (!given.contains(name))
            all.erase(name);
    std::erase_if(all, [](auto const& each) { return each.first.starts_with(registry_prefix); });
    auto settings = config{};
    auto const also = taken(all, "metadata.broker.list");
    settings.bootstrap_servers = taken(all, "bootstrap.servers");
    if (settings.bootstrap_servers.empty())
        settings.bootstrap_servers = also;
    if (settings.bootstrap_servers.empty())
        throw usage_error{
            "no brokers are named; give -b host:port, set PAPERBOY_BROKERS, or put bootstrap.servers into "
            "the file of -F"};
    if (auto const id = taken(all, "client.id"); !id.empty())
        settings.client_id = id;
    settings.log = logger{level()};
    settings.producer.properties = all;
    settings.properties = std::move(all);
    return settings;
}

config connection::member_settings(std::string const& group, bool quiet) const
{
    auto const given = given_properties();
    for (auto const* const name : {"enable.auto.commit", "auto.commit.enable"})
        if (auto const found = given.find(name); found != given.end() && !is_true(found->second))
            throw usage_error{"-G commits what it has shown, so -X " + found->first + '=' + found->second +
                              " cannot be; to look without committing, name the topic with -t"};
    auto all = all_properties();
    auto settings = this->settings();
    settings.group_id = group;
    settings.auto_offset_reset = reset_of(taken(all, "auto.offset.reset"));
    if (auto id = taken(all, "group.instance.id"); !id.empty())
        settings.properties.insert_or_assign("group.instance.id", std::move(id));
    // What ends a run is told when it has ended.
    if (level() == log_level::off && !quiet)
        settings.log = logger{log_level::warning, [](log_level level, std::string_view line)
                              {
                                  if (level == log_level::warning)
                                      std::cerr << "paperboy: " + std::string{line} + '\n';
                              }};
    return settings;
}

schema_registry_settings connection::registry() const
{
    auto all = all_properties();
    auto of = [&](std::string const& name) { return taken(all, std::string{registry_prefix} + name); };
    auto settings = schema_registry_settings{};
    auto const url = of("url");
    settings.urls = {registry_.empty() ? url : registry_};
    if (settings.urls.front().empty())
        throw usage_error{"no schema registry is named; give -r URL, set PAPERBOY_REGISTRY, or put schema.registry.url "
                          "into the file of -F"};
    auto const user = of("basic.auth.user.info");
    auto const colon = user.find(':');
    settings.user = user.substr(0, colon);
    settings.password = colon == user.npos ? "" : user.substr(colon + 1);
    settings.bearer_token = of("bearer.auth.token");
    settings.ca_file = of("ssl.ca.location");
    settings.certificate_file = of("ssl.certificate.location");
    settings.key_file = of("ssl.key.location");
    settings.request_timeout = timeout();
    settings.retries = 1;
    settings.log = logger{level()};
    return settings;
}

} // namespace paperboy::cli

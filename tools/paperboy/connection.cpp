#include "connection.hpp"

#include "command.hpp"

#include <fstream>
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

// The value stays out of errors: it may be a secret.
void add_property(properties& to, std::string const& text, std::string const& place)
{
    auto const sign = text.find('=');
    auto const name = trimmed(text.substr(0, sign));
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

} // namespace

void connection::add_to(CLI::App& command)
{
    auto* const group = command.add_option_group("Connection");
    group->add_option("-b,--brokers", brokers_, "Brokers of the cluster, host:port[,…]")->envname("PAPERBOY_BROKERS");
    group->add_option("-X", given_, "A property of librdkafka, NAME=VALUE; may be repeated")->allow_extra_args(false);
    group->add_option("-F,--config", file_, "A file of such properties, one a line; # begins a comment")
        ->envname("PAPERBOY_CONFIG");
    group->add_option("--timeout", timeout_s_, "Seconds that the cluster may take to answer a question")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0));
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
    for (auto const& each : given_)
        add_property(all, each, "-X " + each.substr(0, each.find('=')));
    if (!brokers_.empty())
        all.insert_or_assign("bootstrap.servers", brokers_);
    return all;
}

bool connection::has_brokers() const
{
    auto const all = all_properties();
    return all.contains("bootstrap.servers") || all.contains("metadata.broker.list");
}

std::chrono::milliseconds connection::timeout() const
{
    return std::chrono::milliseconds{static_cast<long long>(timeout_s_ * 1000)};
}

// Where groups start and what they commit is not up to properties here, so a file that an application uses, too, is
// taken as it is.
config connection::settings() const
{
    auto all = all_properties();
    for (auto const* const name : {"auto.offset.reset", "enable.auto.commit", "enable.auto.offset.store",
                                   "auto.commit.interval.ms", "group.id", "group.instance.id", "log_level"})
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
    settings.log = logger{verbose_ ? log_level::debug : log_level::off};
    settings.producer.properties = all;
    settings.properties = std::move(all);
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
    settings.log = logger{verbose_ ? log_level::debug : log_level::off};
    return settings;
}

} // namespace paperboy::cli

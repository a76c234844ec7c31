#include "kafka/property_check.hpp"

#include "kafka/secrets.hpp"

#include <paperboy/error.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string_view>
#include <vector>

namespace paperboy::kafka
{
namespace
{

[[noreturn]] void reject(std::string const& text)
{
    throw setup_error{errc::invalid_config, "paperboy: " + text};
}

// Levenshtein distance, to suggest what a mistyped property was meant to be.
std::size_t edit_distance(std::string_view a, std::string_view b)
{
    auto row = std::vector<std::size_t>(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i)
    {
        auto diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j)
        {
            auto const replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

struct stream_closer
{
    void operator()(std::FILE* stream) const noexcept { std::fclose(stream); }
};

struct text_deleter
{
    void operator()(char* text) const noexcept { std::free(text); } // NOLINT(cppcoreguidelines-no-malloc)
};

// librdkafka's own table of properties as it prints it: a dump of a configuration leaves out what has no default.
std::string property_table()
{
    char* text = nullptr;
    std::size_t size = 0;
    auto stream = std::unique_ptr<std::FILE, stream_closer>{::open_memstream(&text, &size)};
    if (!stream)
        return {};
    rd_kafka_conf_properties_show(stream.get());
    stream.reset();
    auto const owner = std::unique_ptr<char, text_deleter>{text};
    return {text, size};
}

std::optional<std::string> nearest_property(std::string_view name)
{
    auto table = std::istringstream{property_table()};
    auto best = std::optional<std::string>{};
    auto best_distance = std::max<std::size_t>(2, name.size() / 4) + 1;
    for (auto row = std::string{}; std::getline(table, row);)
    {
        auto const candidate = row.substr(0, row.find_first_of(" |"));
        if (auto const distance = edit_distance(name, candidate); distance < best_distance && !candidate.empty())
        {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

// Secrets never appear in an error.
std::string shown(std::string_view name, std::string const& value)
{
    return is_secret(name) ? "(hidden)" : "\"" + value + "\"";
}

struct owned_property
{
    std::string_view name;
    std::string_view instead;
};

// These carry the engine's guarantees, or have a field of their own.
constexpr auto owned = std::array{
    owned_property{"enable.auto.commit", "config::commit says when finished offsets are committed"},
    owned_property{"auto.commit.enable", "config::commit says when finished offsets are committed"},
    owned_property{"enable.auto.offset.store", "the engine commits an offset when its hooks have finished"},
    owned_property{"auto.commit.interval.ms", "use config::commit.interval"},
    owned_property{"auto.offset.reset", "use config::auto_offset_reset"},
    owned_property{"log.queue", "use config::log"},
    owned_property{"log_level", "use the level of config::log"},
    owned_property{"enabled_events", "the engine serves librdkafka's events itself"},
    owned_property{"opaque", "the engine has no use for it"},
};

struct mirrored_property
{
    std::string_view name;
    std::string config::* field;
    std::string_view field_name;
};

// These may be repeated, as long as they say the same as the field.
constexpr auto mirrored = std::array{
    mirrored_property{"bootstrap.servers", &config::bootstrap_servers, "bootstrap_servers"},
    mirrored_property{"metadata.broker.list", &config::bootstrap_servers, "bootstrap_servers"},
    mirrored_property{"group.id", &config::group_id, "group_id"},
    mirrored_property{"client.id", &config::client_id, "client_id"},
};

// These carry the guarantees of send and async_send.
constexpr auto owned_by_producer = std::array{
    owned_property{"enable.idempotence", "it is always on: records are neither repeated nor reordered by retries"},
    owned_property{"acks", "it is always \"all\""},
    owned_property{"request.required.acks", "it is always \"all\""},
    owned_property{"enable.gapless.guarantee", "a record that cannot be produced ends the run"},
    owned_property{"transactional.id", "the engine's producer is idempotent, not transactional"},
    owned_property{"delivery.report.only.error", "acknowledgements are what the engine waits for"},
    owned_property{"log.queue", "use config::log"},
    owned_property{"log_level", "use the level of config::log"},
    owned_property{"enabled_events", "the engine serves librdkafka's events itself"},
    owned_property{"opaque", "the engine has no use for it"},
};

void check_assignor(std::string const& value)
{
    if (value.find("cooperative") == std::string::npos)
        return;
    if (value != "cooperative-sticky")
        reject("property \"partition.assignment.strategy\" is \"" + value +
               "\"; a group rebalances eagerly or cooperatively: use \"cooperative-sticky\" alone, or \"range\", "
               "\"roundrobin\" or both");
    if (auto const why = unfit_for(loaded_version(), group_protocol::cooperative); !why.empty())
        reject("property \"partition.assignment.strategy\" is \"" + value + "\"; " + why);
}

void check_not_owned(std::span<owned_property const> ours, std::string const& name)
{
    if (auto const found = std::ranges::find(ours, name, &owned_property::name); found != ours.end())
        reject("property \"" + name + "\" cannot be set: " + std::string{found->instead});
}

void check_mirrored(config const& settings, std::string const& name, std::string const& value)
{
    if (auto const found = std::ranges::find(mirrored, name, &mirrored_property::name);
        found != mirrored.end() && settings.*(found->field) != value)
        reject("property \"" + name + "\" is \"" + value + "\" but config::" + std::string{found->field_name} +
               " is \"" + settings.*(found->field) + "\"; set only the field");
}

// What the brokers decide with group.protocol=consumer.
constexpr auto decided_by_brokers =
    std::array{"partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms", "group.protocol.type"};

void check_group_protocol(config const& settings, std::string const& value)
{
    if (value == "classic")
        return;
    if (auto const why = unfit_for(loaded_version(), group_protocol::consumer); !why.empty())
        reject("property \"group.protocol\" is \"" + value + "\"; " + why);
    for (auto const* const each : decided_by_brokers)
        if (value == "consumer" && settings.properties.contains(each))
            reject("property \"" + std::string{each} +
                   "\" cannot be set when \"group.protocol\" is \"consumer\": the brokers decide it for the group");
}

void check_property(config const& settings, std::string const& name, std::string const& value)
{
    check_not_owned(owned, name);
    check_mirrored(settings, name, value);
    if (name == "partition.assignment.strategy")
        check_assignor(value);
    if (name == "group.protocol")
        check_group_protocol(settings, value);
}

} // namespace

void set(conf_handle const& conf, char const* name, std::string const& value)
{
    auto reason = std::array<char, 512>{};
    switch (rd_kafka_conf_set(conf.get(), name, value.c_str(), reason.data(), reason.size()))
    {
    case RD_KAFKA_CONF_OK:
        return;
    case RD_KAFKA_CONF_UNKNOWN:
    {
        // Without its value: a mistyped name may be a secret's.
        auto const nearest = nearest_property(name);
        reject("property \"" + std::string{name} + "\" is unknown to this librdkafka: " + reason.data() +
               (nearest ? "; did you mean \"" + *nearest + "\"?" : "; see its CONFIGURATION.md"));
    }
    case RD_KAFKA_CONF_INVALID:
    default:
        reject("property \"" + std::string{name} + "\" cannot be " + shown(name, value) + ": " + reason.data());
    }
}

std::string get(rd_kafka_conf_t const* conf, char const* name)
{
    std::size_t size = 0;
    if (rd_kafka_conf_get(conf, name, nullptr, &size) != RD_KAFKA_CONF_OK || size == 0)
        return {};
    auto value = std::string(size, '\0');
    rd_kafka_conf_get(conf, name, value.data(), &size);
    value.pop_back();
    return value;
}

group_protocol protocol_of(config const& settings)
{
    auto const is = [&](char const* name, std::string_view value)
    {
        auto const found = settings.properties.find(name);
        return found != settings.properties.end() && found->second == value;
    };
    if (is("group.protocol", "consumer"))
        return group_protocol::consumer;
    return is("partition.assignment.strategy", "cooperative-sticky") ? group_protocol::cooperative
                                                                     : group_protocol::eager;
}

// librdkafka without a source of tokens would wait for one for ever, and with two would take the first.
void check_oauth(config const& settings)
{
    auto const is = [&](char const* name, std::string_view value)
    {
        auto const found = settings.properties.find(name);
        return found != settings.properties.end() && found->second == value;
    };
    auto const wanted = is("sasl.mechanism", "OAUTHBEARER") || is("sasl.mechanisms", "OAUTHBEARER");
    auto const by_librdkafka =
        is("sasl.oauthbearer.method", "oidc") || is("enable.sasl.oauthbearer.unsecure.jwt", "true");
    if (settings.oauth && !wanted)
        reject("config::oauth is set, but property \"sasl.mechanism\" is not \"OAUTHBEARER\"; set it, or leave "
               "config::oauth out");
    if (settings.oauth && by_librdkafka)
        reject("config::oauth is set, and the properties let librdkafka get tokens itself; choose one");
    if (wanted && !settings.oauth && !by_librdkafka)
        reject("property \"sasl.mechanism\" is \"OAUTHBEARER\", but nothing gets tokens; set config::oauth, or "
               "sasl.oauthbearer.method to \"oidc\"");
}

void check_properties(config const& settings)
{
    check_oauth(settings);
    for (auto const& [name, value] : settings.properties)
        check_property(settings, name, value);
}

void check_producer_properties(config const& settings)
{
    for (auto const& [name, value] : settings.producer.properties)
    {
        check_not_owned(owned_by_producer, name);
        check_mirrored(settings, name, value);
    }
}

// The rows of librdkafka's table: the name, then C, P or * for consumers, producers or both.
std::set<std::string, std::less<>> shared_properties()
{
    auto table = std::istringstream{property_table()};
    auto shared = std::set<std::string, std::less<>>{};
    for (auto row = std::string{}; std::getline(table, row);)
    {
        auto const bar = row.find('|');
        if (bar != std::string::npos && row.find_first_not_of(' ', bar + 1) == row.find('*', bar))
            shared.insert(row.substr(0, row.find_first_of(" |")));
    }
    return shared;
}

} // namespace paperboy::kafka

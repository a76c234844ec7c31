#include "kafka/client_config.hpp"

#include "kafka/fetch_wakeup.hpp"
#include "kafka/property_check.hpp"

#include <paperboy/error.hpp>

#include <array>
#include <string_view>

namespace paperboy::kafka
{
namespace
{

using namespace std::chrono_literals;

constexpr auto least_memory = std::size_t{16} << 20;
constexpr auto most_memory = std::size_t{1} << 40;

[[noreturn]] void refuse(std::string const& text)
{
    throw setup_error{errc::invalid_config, "paperboy: " + text};
}

void check_range(char const* field, std::chrono::milliseconds value, std::chrono::milliseconds least,
                 std::chrono::milliseconds most)
{
    if (value < least || value > most)
        refuse(std::string{"config::"} + field + " is " + std::to_string(value.count()) + " ms; set it to " +
               std::to_string(least.count()) + " to " + std::to_string(most.count()) + " ms");
}

void check_fields(config const& settings)
{
    if (settings.bootstrap_servers.empty())
        refuse("config::bootstrap_servers is empty; name at least one broker, for example \"localhost:9092\"");
    if (settings.group_id.empty())
        refuse("config::group_id is empty; name the consumer group whose members share the partitions");
    if (settings.batch_size < 1 || settings.batch_size > 10'000)
        refuse("config::batch_size is " + std::to_string(settings.batch_size) + "; set it to 1 to 10000 records");
    if (settings.memory_limit < least_memory || settings.memory_limit > most_memory)
        refuse("config::memory_limit is " + std::to_string(settings.memory_limit) + " bytes; set it to " +
               std::to_string(least_memory) + " (16 MiB) to " + std::to_string(most_memory) + " (1 TiB)");
    check_range("commit.interval", settings.commit.interval, 10ms, 1h);
    check_range("commit.timeout", settings.commit.timeout, 1s, 1h);
    check_range("shutdown_timeout", settings.shutdown_timeout, 100ms, 1h);
    check_range("revoke_timeout", settings.revoke_timeout, 100ms, 1h);
    if (settings.hook_time_limit != 0ms)
        check_range("hook_time_limit", settings.hook_time_limit, 10ms, 24h);
    if (settings.connect_timeout != 0ms)
        check_range("connect_timeout", settings.connect_timeout, 100ms, 24h);
}

char const* name_of(offset_reset where)
{
    switch (where)
    {
    case offset_reset::earliest:
        return "earliest";
    case offset_reset::latest:
        return "latest";
    case offset_reset::error:
        break;
    }
    return "error";
}

// Our defaults, below anything the user sets.
void set_defaults(conf_handle const& conf, group_protocol protocol)
{
    set(conf, "enable.partition.eof", "false");
    set(conf, "allow.auto.create.topics", "false");
    if (protocol != group_protocol::consumer)
        set(conf, "partition.assignment.strategy", "range,roundrobin");
}

// How much is fetched ahead, except for what the user sets.
//
// The fetcher leaves a partition out while its queue holds queued.min.messages or queued.max.messages.kbytes. Each
// partition has a queue of its own here, so these times the number of partitions bound the memory. It looks again after
// fetch.queue.backoff.ms (2.2); before, once a second unless it is woken (see fetch_wakeup.hpp), and where it cannot be
// woken only a queue that never fills by count helps. While it waits for partitions that have nothing new, for up to
// fetch.wait.max.ms, one that has room again has to wait as well.
//
// Small responses (fetch.max.bytes) keep records in the processor's caches, from the thread that parses to the one that
// handles. librdkafka refuses an explicit value that does not lie between message.max.bytes and
// receive.message.max.bytes; without one it finds a value that does.
void set_prefetch(conf_handle const& conf, properties const& given, memory_plan const& plan)
{
    auto const set_unless_given = [&](char const* name, std::size_t value)
    {
        if (!given.contains(name))
            set(conf, name, std::to_string(value));
    };
    auto const has_backoff = choose(loaded_version(), group_protocol::eager).has_fetch_backoff;
    auto const may_fill = has_backoff || fetch_wakeup::possible(conf.get());
    set_unless_given("queued.min.messages", may_fill ? plan.queue_records : 1'000'000);
    set_unless_given("queued.max.messages.kbytes", plan.queue_bytes / 1000);
    set_unless_given("fetch.wait.max.ms", 20);
    if (!given.contains("max.partition.fetch.bytes"))
        set_unless_given("fetch.message.max.bytes", plan.fetch_bytes);
    if (!given.contains("message.max.bytes") && !given.contains("receive.message.max.bytes"))
        set_unless_given("fetch.max.bytes", 2'097'152);
    if (has_backoff)
        set_unless_given("fetch.queue.backoff.ms", 2);
}

// Who gets tokens is told when one is needed.
int events_of_tokens(config const& settings)
{
    return settings.oauth ? RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH : 0;
}

// What the engine's correctness rests on; check_properties keeps users from setting these.
void set_owned(conf_handle const& conf, int tokens)
{
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.auto.offset.store", "false");
    set(conf, "log.queue", "true");
    rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT |
                                             RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | tokens);
}

// Below anything the user sets. A record is tried for as long as it takes, because its input waits for it; keys go
// where Java's producer puts them, so that topics of both can be joined.
void set_producer_defaults(conf_handle const& conf)
{
    set(conf, "linger.ms", "5");
    set(conf, "compression.type", "lz4");
    set(conf, "message.timeout.ms", "0");
    set(conf, "partitioner", "murmur2_random");
    set(conf, "queue.buffering.max.messages", "100000");
    set(conf, "queue.buffering.max.kbytes", "65536");
}

} // namespace

// What says how to reach the cluster is the same for both clients: properties that only consumers have are left out.
conf_handle make_producer_conf(config const& settings)
{
    auto conf = conf_handle{rd_kafka_conf_new()};
    set_producer_defaults(conf);
    check_producer_properties(settings);
    auto const shared = shared_properties();
    for (auto const& [name, value] : settings.properties)
        if (shared.contains(name))
            set(conf, name.c_str(), value);
    for (auto const& [name, value] : settings.producer.properties)
        set(conf, name.c_str(), value);
    set(conf, "bootstrap.servers", settings.bootstrap_servers);
    set(conf, "client.id", settings.client_id);
    set(conf, "enable.idempotence", "true");
    set(conf, "log.queue", "true");
    rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG |
                                             events_of_tokens(settings));
    return conf;
}

capabilities choose_for(config const& settings)
{
    return choose(loaded_version(), protocol_of(settings));
}

std::chrono::milliseconds longest_hook(config const& settings)
{
    auto const conf = conf_handle{rd_kafka_conf_new()};
    auto const given = settings.properties.find("max.poll.interval.ms");
    return std::chrono::milliseconds{
        std::stoll(given == settings.properties.end() ? get(conf.get(), "max.poll.interval.ms") : given->second)};
}

conf_handle make_consumer_conf(config const& settings, std::size_t partitions, std::size_t memory)
{
    check_fields(settings);
    auto conf = conf_handle{rd_kafka_conf_new()};
    check_properties(settings);
    set_defaults(conf, protocol_of(settings));
    for (auto const& [name, value] : settings.properties)
        set(conf, name.c_str(), value);
    set_prefetch(conf, settings.properties, plan_memory(memory != 0 ? memory : settings.memory_limit, partitions));
    set(conf, "bootstrap.servers", settings.bootstrap_servers);
    set(conf, "group.id", settings.group_id);
    set(conf, "client.id", settings.client_id);
    set(conf, "auto.offset.reset", name_of(settings.auto_offset_reset));
    if (!settings.steps.empty())
        set(conf, "enable.partition.eof", "true");
    set_owned(conf, events_of_tokens(settings));
    return conf;
}

} // namespace paperboy::kafka

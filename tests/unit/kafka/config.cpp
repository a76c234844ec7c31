#include "kafka/property_check.hpp"

#include <paperboy/engine.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

namespace paperboy::config_test
{
namespace
{

using namespace std::chrono_literals;

struct ignoring_handler
{
    void on_message(record_view const&) {}
};

config usable()
{
    auto settings = config{};
    settings.bootstrap_servers = "localhost:9092";
    settings.group_id = "unit";
    return settings;
}

config with_property(std::string name, std::string value)
{
    auto settings = usable();
    settings.properties[std::move(name)] = std::move(value);
    return settings;
}

// The text with which an engine refuses the settings; "accepted" when it does not.
std::string refusal(config settings)
{
    auto context = boost::asio::io_context{};
    try
    {
        auto const refused = engine{context, std::move(settings)};
    }
    catch (setup_error const& error)
    {
        BOOST_TEST(error.code() == make_error_code(errc::invalid_config));
        BOOST_TEST(std::string_view{error.what()}.starts_with("paperboy: "));
        return error.what();
    }
    return "accepted";
}

bool contains(std::string const& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

struct bad_property
{
    char const* name;
    char const* value;
    // Must all be in the text.
    std::vector<char const*> says;

    friend std::ostream& operator<<(std::ostream& to, bad_property const& what)
    {
        return to << what.name << "=" << what.value;
    }
};

auto const owned = std::vector<bad_property>{
    {"enable.auto.commit", "true", {"cannot be set", "config::commit"}},
    {"auto.commit.enable", "true", {"cannot be set", "config::commit"}},
    {"enable.auto.offset.store", "true", {"cannot be set", "hooks have finished"}},
    {"auto.commit.interval.ms", "100", {"cannot be set", "config::commit.interval"}},
    {"auto.offset.reset", "latest", {"cannot be set", "config::auto_offset_reset"}},
    {"log.queue", "false", {"cannot be set", "config::log"}},
    {"log_level", "7", {"cannot be set", "config::log"}},
    {"enabled_events", "1", {"cannot be set", "events itself"}},
    {"opaque", "x", {"cannot be set"}},
};

auto const contradictory = std::vector<bad_property>{
    {"bootstrap.servers",
     "elsewhere:9092",
     {"\"elsewhere:9092\"", "config::bootstrap_servers", "\"localhost:9092\"", "set only the field"}},
    {"metadata.broker.list", "elsewhere:9092", {"config::bootstrap_servers", "set only the field"}},
    {"group.id", "other", {"\"other\"", "config::group_id", "\"unit\"", "set only the field"}},
    {"client.id", "other", {"\"other\"", "config::client_id", "\"paperboy\"", "set only the field"}},
    {"partition.assignment.strategy", "range,cooperative-sticky", {"\"range,cooperative-sticky\"", "\"roundrobin\""}},
};

auto const unknown = std::vector<bad_property>{
    {"session.timout.ms", "6000", {"unknown", "did you mean \"session.timeout.ms\"?"}},
    {"fetch.max.byte", "1", {"unknown", "did you mean \"fetch.max.bytes\"?"}},
    {"Debug", "all", {"unknown", "did you mean \"debug\"?"}},
    {"nothing.like.any.other.at.all", "1", {"unknown", "CONFIGURATION.md"}},
    {"", "1", {"unknown", "\"\""}},
};

auto const malformed = std::vector<bad_property>{
    {"session.timeout.ms", "soon", {"\"session.timeout.ms\"", "\"soon\""}},
    {"session.timeout.ms", "0", {"\"session.timeout.ms\"", "\"0\""}},
    {"security.protocol", "carrier-pigeon", {"\"security.protocol\"", "\"carrier-pigeon\""}},
    {"enable.partition.eof", "perhaps", {"\"enable.partition.eof\"", "\"perhaps\""}},
    {"rebalance_cb", "x", {"\"rebalance_cb\""}},
};

auto const secret = std::vector<bad_property>{
    {"sasl.pasword", "hunter2", {"unknown", "sasl.password"}},
    {"ssl.key.pasword", "hunter2", {"unknown"}},
    {"sasl.oauthbearer.client.secrets", "hunter2", {"unknown"}},
    {"some.token", "hunter2", {"unknown"}},
    {"sasl.jaas.config", "user=me password=hunter2", {"\"sasl.jaas.config\""}},
};

void check(bad_property const& property)
{
    auto const text = refusal(with_property(property.name, property.value));
    BOOST_TEST_CONTEXT(text)
    {
        BOOST_TEST(contains(text, "property \"" + std::string{property.name} + "\""));
        for (auto const* const part : property.says)
            BOOST_TEST(contains(text, part), "missing: " << part);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_suite)

BOOST_AUTO_TEST_CASE(properties_of_the_producer_are_checked_like_the_others)
{
    auto const refused = [](std::string name, std::string value)
    {
        auto settings = usable();
        settings.producer.properties[std::move(name)] = std::move(value);
        return refusal(settings);
    };
    BOOST_TEST(refused("linger.ms", "20") == "accepted");
    for (auto const* const owned : {"enable.idempotence", "acks", "request.required.acks", "transactional.id",
                                    "delivery.report.only.error", "enable.gapless.guarantee", "log.queue"})
        BOOST_TEST(contains(refused(owned, "1"), "property \"" + std::string{owned} + "\" cannot be set"));
    BOOST_TEST(contains(refused("bootstrap.servers", "elsewhere:9092"), "config::bootstrap_servers"));
    BOOST_TEST(contains(refused("linger.sm", "1"), "did you mean \"linger.ms\"?"));
    BOOST_TEST(contains(refused("compression.type", "zip"), "\"compression.type\" cannot be \"zip\""));
}

BOOST_AUTO_TEST_CASE(properties_that_only_consumers_have_do_not_disturb_the_producer)
{
    BOOST_TEST(refusal(with_property("session.timeout.ms", "6000")) == "accepted");
    auto const shared = kafka::shared_properties();
    BOOST_TEST(shared.contains("security.protocol"));
    BOOST_TEST(shared.contains("sasl.password"));
    BOOST_TEST(!shared.contains("session.timeout.ms"));
    BOOST_TEST(!shared.contains("linger.ms"));
}

BOOST_AUTO_TEST_CASE(two_fields_are_enough)
{
    BOOST_TEST(refusal(usable()) == "accepted");
}

BOOST_AUTO_TEST_CASE(brokers_are_required)
{
    auto settings = usable();
    settings.bootstrap_servers = "";
    auto const text = refusal(settings);
    BOOST_TEST(contains(text, "config::bootstrap_servers is empty"));
    BOOST_TEST(contains(text, "for example \"localhost:9092\""));
}

BOOST_AUTO_TEST_CASE(a_group_is_required)
{
    auto settings = usable();
    settings.group_id = "";
    auto const text = refusal(settings);
    BOOST_TEST(contains(text, "config::group_id is empty"));
    BOOST_TEST(contains(text, "name the consumer group"));
}

BOOST_AUTO_TEST_CASE(the_batch_size_has_a_range)
{
    for (auto const good : {1U, 10'000U})
    {
        auto settings = usable();
        settings.batch_size = good;
        BOOST_TEST(refusal(settings) == "accepted");
    }
    for (auto const bad : {0U, 10'001U})
    {
        auto settings = usable();
        settings.batch_size = bad;
        BOOST_TEST(refusal(settings) ==
                   "paperboy: config::batch_size is " + std::to_string(bad) + "; set it to 1 to 10000 records");
    }
}

BOOST_AUTO_TEST_CASE(the_memory_limit_has_a_range)
{
    constexpr auto least = std::size_t{16} << 20;
    constexpr auto most = std::size_t{1} << 40;
    for (auto const good : {least, most})
    {
        auto settings = usable();
        settings.memory_limit = good;
        BOOST_TEST(refusal(settings) == "accepted");
    }
    for (auto const bad : {std::size_t{0}, least - 1, most + 1})
    {
        auto settings = usable();
        settings.memory_limit = bad;
        BOOST_TEST(refusal(settings) == "paperboy: config::memory_limit is " + std::to_string(bad) +
                                            " bytes; set it to 16777216 (16 MiB) to 1099511627776 (1 TiB)");
    }
}

struct duration_field
{
    char const* name;
    std::chrono::milliseconds& (*of)(config&);
    std::chrono::milliseconds least;
    std::chrono::milliseconds most;
};

BOOST_AUTO_TEST_CASE(durations_have_ranges)
{
    auto const fields = std::vector<duration_field>{
        {"commit.interval", [](config& c) -> std::chrono::milliseconds& { return c.commit.interval; }, 10ms, 1h},
        {"commit.timeout", [](config& c) -> std::chrono::milliseconds& { return c.commit.timeout; }, 1s, 1h},
        {"shutdown_timeout", [](config& c) -> std::chrono::milliseconds& { return c.shutdown_timeout; }, 100ms, 1h},
        {"revoke_timeout", [](config& c) -> std::chrono::milliseconds& { return c.revoke_timeout; }, 100ms, 1h},
        {"connect_timeout", [](config& c) -> std::chrono::milliseconds& { return c.connect_timeout; }, 100ms, 24h},
        {"hook_time_limit", [](config& c) -> std::chrono::milliseconds& { return c.hook_time_limit; }, 10ms, 24h},
    };
    for (auto const& field : fields)
    {
        for (auto const good : {field.least, field.most})
        {
            auto settings = usable();
            field.of(settings) = good;
            BOOST_TEST(refusal(settings) == "accepted");
        }
        for (auto const bad : {field.least - 1ms, field.most + 1ms, -1ms})
        {
            auto settings = usable();
            field.of(settings) = bad;
            BOOST_TEST(refusal(settings) == "paperboy: config::" + std::string{field.name} + " is " +
                                                std::to_string(bad.count()) + " ms; set it to " +
                                                std::to_string(field.least.count()) + " to " +
                                                std::to_string(field.most.count()) + " ms");
        }
    }
}

BOOST_AUTO_TEST_CASE(one_source_of_tokens_is_needed_where_they_are_used)
{
    auto settings = usable();
    settings.oauth = []() -> boost::asio::awaitable<oauth_token> { co_return oauth_token{}; };
    BOOST_TEST(contains(refusal(settings), "\"sasl.mechanism\" is not \"OAUTHBEARER\""));
    settings.properties["sasl.mechanism"] = "OAUTHBEARER";
    settings.properties["security.protocol"] = "sasl_plaintext";
    BOOST_TEST(refusal(settings) == "accepted");
    settings.properties["enable.sasl.oauthbearer.unsecure.jwt"] = "true";
    BOOST_TEST(contains(refusal(settings), "choose one"));
    settings.oauth = nullptr;
    BOOST_TEST(refusal(settings) == "accepted");
    settings.properties.erase("enable.sasl.oauthbearer.unsecure.jwt");
    BOOST_TEST(contains(refusal(settings), "set config::oauth"));
}

BOOST_AUTO_TEST_CASE(offsets_to_start_at_are_a_handlers)
{
    auto settings = usable();
    settings.start = start_at::offsets({{0, 1}});
    BOOST_TEST(contains(refusal(settings), "start in config gives offsets"));
    settings.start = start_at::time(std::chrono::system_clock::time_point{-1s});
    BOOST_TEST(contains(refusal(settings), "start_at::beginning()"));
    auto context = boost::asio::io_context{};
    auto consuming = engine{context, usable()};
    auto const handle = [&](std::string const& topic, std::int64_t offset)
    {
        auto options = handler_options{};
        options.start = start_at::offsets({{0, offset}});
        try
        {
            consuming.handle(topic, ignoring_handler{}, options);
        }
        catch (setup_error const& error)
        {
            return std::string{error.what()};
        }
        return std::string{"accepted"};
    };
    BOOST_TEST(handle("orders", 1) == "accepted");
    BOOST_TEST(contains(handle("refunds", -1), "offset -1 for partition 0"));
    BOOST_TEST(contains(handle("^refunds", 1), "given by its name"));
}

BOOST_AUTO_TEST_CASE(a_connect_timeout_of_zero_means_none)
{
    auto settings = usable();
    settings.connect_timeout = 0ms;
    BOOST_TEST(refusal(settings) == "accepted");
}

BOOST_AUTO_TEST_CASE(every_offset_reset_is_usable)
{
    for (auto const where : {offset_reset::earliest, offset_reset::latest, offset_reset::error})
    {
        auto settings = usable();
        settings.auto_offset_reset = where;
        BOOST_TEST(refusal(settings) == "accepted");
    }
}

BOOST_AUTO_TEST_CASE(librdkafkas_properties_are_passed_on)
{
    BOOST_TEST(refusal(with_property("session.timeout.ms", "6000")) == "accepted");
    BOOST_TEST(refusal(with_property("sasl.password", "hunter2")) == "accepted");
    BOOST_TEST(refusal(with_property("partition.assignment.strategy", "roundrobin")) == "accepted");
}

// Whether they can be trusted depends on the librdkafka that is loaded, not on the one that we were compiled with.
BOOST_AUTO_TEST_CASE(incremental_protocols_are_refused_where_librdkafka_is_too_old_for_them)
{
    auto const judged = [](char const* name, char const* value, kafka::group_protocol protocol)
    {
        auto const why = kafka::unfit_for(kafka::loaded_version(), protocol);
        auto const told = refusal(with_property(name, value));
        if (why.empty())
            return told == "accepted";
        return contains(told, std::string{"property \""} + name + "\" is \"" + value + "\"; " + why);
    };
    BOOST_TEST(judged("partition.assignment.strategy", "cooperative-sticky", kafka::group_protocol::cooperative));
    BOOST_TEST(judged("group.protocol", "consumer", kafka::group_protocol::consumer));
}

BOOST_AUTO_TEST_CASE(what_brokers_decide_cannot_be_set_as_well)
{
    auto const too_old = !kafka::unfit_for(kafka::loaded_version(), kafka::group_protocol::consumer).empty();
    for (auto const* const decided : {"partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms"})
    {
        auto both = with_property("group.protocol", "consumer");
        both.properties[decided] = "1";
        BOOST_TEST(contains(refusal(both), too_old ? "2.12 or newer" : "the brokers decide it"));
    }
}

BOOST_AUTO_TEST_CASE(a_property_may_repeat_its_field)
{
    BOOST_TEST(refusal(with_property("group.id", "unit")) == "accepted");
    BOOST_TEST(refusal(with_property("bootstrap.servers", "localhost:9092")) == "accepted");
}

BOOST_DATA_TEST_CASE(owned_properties_are_refused, owned, property)
{
    check(property);
}

BOOST_DATA_TEST_CASE(contradictory_properties_are_refused, contradictory, property)
{
    check(property);
}

BOOST_DATA_TEST_CASE(unknown_properties_are_refused_with_a_suggestion, unknown, property)
{
    check(property);
}

BOOST_DATA_TEST_CASE(malformed_values_are_refused, malformed, property)
{
    check(property);
}

BOOST_DATA_TEST_CASE(secrets_never_appear_in_an_error, secret, property)
{
    check(property);
    BOOST_TEST(!contains(refusal(with_property(property.name, property.value)), "hunter2"));
}

BOOST_AUTO_TEST_CASE(topics_are_refused_by_the_engine_itself)
{
    struct handler
    {
        void on_message(record_view const&) {}
    };
    auto context = boost::asio::io_context{};
    auto refusing = engine{context, usable()};
    refusing.handle("orders", handler{});
    for (auto const* const topic : {"orders", "", "no good", "^("})
        BOOST_CHECK_EXCEPTION(refusing.handle(topic, handler{}), setup_error, [](setup_error const& error)
                              { return error.code() == make_error_code(errc::invalid_handler); });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::config_test

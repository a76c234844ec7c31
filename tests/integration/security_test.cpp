// TLS, certificates, SCRAM and tokens, and the errors of those who get them wrong.

#include "integration/faults.hpp"
#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <filesystem>

namespace paperboy::test::security_test
{
namespace
{

using namespace std::chrono_literals;

// A topic with one record on a broker, and engines that come to it by another listener.
struct visitor
{
    own_broker const& broker;
    std::string topic;
    journal log;

    explicit visitor(own_broker const& at) : broker{at}, topic{cluster{at.servers()}.make_topic("security", 1)}
    {
        auto sender = producer{broker.servers()};
        sender.send(topic, {.value = "value"});
        sender.flush();
    }

    [[nodiscard]] config settings(std::string const& listener, properties security)
    {
        auto chosen = test_config(unique_name("security"), broker.file("bootstrap." + listener));
        chosen.properties.merge(security);
        chosen.watcher = std::make_shared<journaling_observer>(log, "engine");
        return chosen;
    }
    [[nodiscard]] running_engine::set_up handler()
    {
        return [this](engine& e) { e.handle(topic, journaling_handler{log, "engine"}); };
    }
    void comes_in(config settings)
    {
        auto const before = log.finished_count() + log.repeated();
        auto engine = running_engine{"engine", std::move(settings), handler()};
        BOOST_TEST(log.await([&] { return log.finished_count() + log.repeated() > before; }));
        BOOST_TEST(!engine.stop());
    }
    // How the engine fails that is kept out.
    [[nodiscard]] failure is_kept_out(config settings)
    {
        auto engine = running_engine{"engine", std::move(settings), handler()};
        static_cast<void>(engine.wait());
        return engine->last_failure();
    }
};

struct fixture : visitor
{
    fixture() : visitor{victim()} {}
};

std::string certificate(std::string const& name)
{
    return authority().file(name);
}

properties with(properties some, properties more)
{
    some.merge(more);
    return some;
}

properties const login{{"security.protocol", "sasl_ssl"}, {"sasl.mechanism", "PLAIN"}, {"sasl.username", "alice"}};

properties trusting(properties some)
{
    return with({{"ssl.ca.location", certificate("ca.crt")}}, std::move(some));
}

bool says(failure const& why, std::string_view part)
{
    return why.text.find(part) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(tls_and_certificates_let_in, fixture)
{
    comes_in(settings("sasl_ssl", with(trusting(login), {{"sasl.password", "secret"}})));
    comes_in(settings("mtls", trusting({{"security.protocol", "ssl"},
                                        {"ssl.certificate.location", certificate("client.crt")},
                                        {"ssl.key.location", certificate("client.key")}})));
}

BOOST_FIXTURE_TEST_CASE(what_keeps_out_has_an_error_of_its_own, fixture)
{
    auto const stranger = test_authority{};
    auto const wrong_ca = is_kept_out(
        settings("sasl_ssl", with(login, {{"sasl.password", "secret"}, {"ssl.ca.location", stranger.file("ca.crt")}})));
    BOOST_TEST((wrong_ca.code == errc::tls_failed), wrong_ca.text);
    BOOST_TEST(says(wrong_ca, "not signed by an authority in ssl.ca.location"), wrong_ca.text);

    auto const no_certificate = is_kept_out(settings("mtls", trusting({{"security.protocol", "ssl"}})));
    BOOST_TEST((no_certificate.code == errc::tls_failed), no_certificate.text);
    BOOST_TEST(says(no_certificate, "set ssl.certificate.location"), no_certificate.text);

    auto const wrong_password =
        is_kept_out(settings("sasl_ssl", with(trusting(login), {{"sasl.password", "wrong-password"}})));
    BOOST_TEST((wrong_password.code == errc::authentication_failed), wrong_password.text);
    BOOST_TEST(says(wrong_password, "check sasl.mechanism"), wrong_password.text);

    // A single attempt each: what it has met stays, though librdkafka says next that all brokers are down.
    auto const once = properties{{"reconnect.backoff.ms", "60000"}, {"reconnect.backoff.max.ms", "60000"}};
    auto patient = settings("mtls", once);
    patient.connect_timeout = 6s;
    auto const plaintext = is_kept_out(patient);
    BOOST_TEST((plaintext.code == errc::connect_timeout), plaintext.text);
    BOOST_TEST(says(plaintext, "set security.protocol to ssl or sasl_ssl"), plaintext.text);

    patient = settings("sasl", with(trusting(login), with(once, {{"sasl.password", "secret"}})));
    patient.connect_timeout = 6s;
    auto const tls = is_kept_out(patient);
    BOOST_TEST((tls.code == errc::connect_timeout), tls.text);
    BOOST_TEST(says(tls, "the listener seems not to speak TLS"), tls.text);
}

// Kafka 4 takes SCRAM only of librdkafka 2.6.1 or newer; Kafka 3.9 takes any.
BOOST_FIXTURE_TEST_CASE(scram_lets_in_or_says_what_is_wrong, fixture)
{
    auto const scram = properties{{"security.protocol", "sasl_plaintext"},
                                  {"sasl.mechanism", "SCRAM-SHA-256"},
                                  {"sasl.username", "alice"},
                                  {"sasl.password", "secret"}};
    if (rd_kafka_version() >= 0x02060100)
        comes_in(settings("sasl", scram));
    else
    {
        auto const why = is_kept_out(settings("sasl", scram));
        BOOST_TEST((why.code == errc::authentication_failed), why.text);
        BOOST_TEST(says(why, "librdkafka before 2.6.1 cannot log in"), why.text);
    }
    constexpr auto older = "3.9.1";
    auto jars = child_process{{std::filesystem::path{broker_tool()}.parent_path() / "jars", older}};
    BOOST_TEST_REQUIRE(jars.wait(400s) == 0, "tools/kafka/jars cannot fetch those of Kafka " << older);
    auto const kafka_3 = own_broker{{"--kafka", older, "--sasl", "alice:secret"}};
    auto at_kafka_3 = visitor{kafka_3};
    at_kafka_3.comes_in(at_kafka_3.settings("sasl", scram));
    auto wrong = scram;
    wrong["sasl.password"] = "guessed";
    auto const why = at_kafka_3.is_kept_out(at_kafka_3.settings("sasl", wrong));
    BOOST_TEST((why.code == errc::authentication_failed), why.text);
    BOOST_TEST(says(why, "invalid credentials"), why.text);
}

namespace
{

// An unsecured JSON web token, which brokers take that are not told to check any.
oauth_token unsecured_token()
{
    auto const encode = [](std::string const& text)
    {
        constexpr auto digits = std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
        auto out = std::string{};
        auto bits = 0U;
        auto count = 0;
        for (auto const c : text)
        {
            bits = (bits << 8U) | static_cast<unsigned char>(c);
            for (count += 8; count >= 6; count -= 6)
                out += digits[(bits >> static_cast<unsigned>(count - 6)) & 63U];
        }
        if (count > 0)
            out += digits[(bits << static_cast<unsigned>(6 - count)) & 63U];
        return out;
    };
    auto const now = std::chrono::system_clock::now();
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    auto const claims =
        R"({"sub":"alice","iat":)" + std::to_string(seconds - 1) + R"(,"exp":)" + std::to_string(seconds + 60) + "}";
    return {encode(R"({"alg":"none"})") + "." + encode(claims) + ".", now + 60s, "alice"};
}

properties const by_token{{"security.protocol", "sasl_plaintext"}, {"sasl.mechanism", "OAUTHBEARER"}};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_token_lets_in_after_a_source_that_failed_at_first, fixture)
{
    auto asked = std::atomic<int>{0};
    auto chosen = settings("sasl", by_token);
    chosen.oauth = [&asked]() -> boost::asio::awaitable<oauth_token>
    {
        auto timer = boost::asio::steady_timer{co_await boost::asio::this_coro::executor, 10ms};
        co_await timer.async_wait(boost::asio::use_awaitable);
        if (++asked == 1)
            throw std::runtime_error{"the server of tokens is away"};
        co_return unsecured_token();
    };
    auto engine = running_engine{"engine", chosen, handler()};
    BOOST_TEST(engine.logged("gave no usable token: the server of tokens is away", 30s));
    BOOST_TEST(log.await([&] { return log.finished_count() == 1; }));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(asked == 2);
}

// At the most talkative level librdkafka tells every property and every step of a login.
BOOST_FIXTURE_TEST_CASE(secrets_are_in_no_line_of_the_log, fixture)
{
    constexpr auto secret = "correct-horse-battery";
    auto chosen = settings("sasl_ssl", with(trusting(login), {{"sasl.password", secret}, {"debug", "all"}}));
    chosen.log = logger{log_level::debug, [](log_level, std::string_view) {}};
    auto engine = running_engine{"engine", chosen, handler()};
    BOOST_TEST((engine.wait() == errc::authentication_failed));
    BOOST_TEST(engine.logged("sasl.password"));
    BOOST_TEST(!engine.logged(secret));
    BOOST_TEST(engine->last_failure().text.find(secret) == std::string::npos);

    auto token = std::string{};
    auto tokens = settings("sasl", with(by_token, {{"debug", "all"}}));
    tokens.log = chosen.log;
    tokens.oauth = [&token]() -> boost::asio::awaitable<oauth_token>
    {
        auto made = unsecured_token();
        token = made.value;
        co_return made;
    };
    auto second = running_engine{"second", tokens, handler()};
    BOOST_TEST(log.await([&] { return log.finished_count() == 1; }));
    BOOST_TEST(!second.stop());
    BOOST_TEST(second.logged("OAUTHBEARER"));
    BOOST_TEST(!second.logged(token));
}

} // namespace paperboy::test::security_test

#include "kafka/login_hint.hpp"
#include "kafka/secrets.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::kafka::login_hint_test
{
namespace
{

constexpr int old_version = 0x020002ff;
constexpr int new_version = 0x020a00ff;

config with(std::initializer_list<std::pair<std::string const, std::string>> properties)
{
    auto settings = config{};
    settings.properties = properties;
    return settings;
}

bool contains(std::string const& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(login_hint_suite)

BOOST_AUTO_TEST_CASE(an_authority_that_is_wrong_or_not_given)
{
    constexpr auto text = "ssl://localhost:1/1: SSL handshake failed: error:0A000086:SSL routines::certificate verify "
                          "failed: broker certificate could not be verified";
    auto const given = hint_for(text, with({{"ssl.ca.location", "/etc/ca.pem"}}), old_version).value();
    BOOST_TEST(given.final);
    BOOST_TEST(given.tls);
    BOOST_TEST(contains(given.remedy, "/etc/ca.pem"));
    BOOST_TEST(contains(hint_for(text, config{}, old_version).value().remedy, "which is not set"));
}

BOOST_AUTO_TEST_CASE(a_clients_certificate_that_is_missing_or_refused)
{
    constexpr auto text = "Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required";
    auto const missing = hint_for(text, config{}, old_version).value();
    BOOST_TEST(missing.final);
    BOOST_TEST(contains(missing.remedy, "set ssl.certificate.location"));
    auto const refused = hint_for(text, with({{"ssl.certificate.location", "me.crt"}}), old_version).value();
    BOOST_TEST(contains(refused.remedy, "refuse the client's certificate"));
    constexpr auto stranger = "Receive failed: error:0A000416:SSL routines::sslv3 alert certificate unknown: SSL alert "
                              "number 46 (after 0ms in state APIVERSION_QUERY)";
    BOOST_TEST(hint_for(stranger, config{}, old_version).value().final);
}

BOOST_AUTO_TEST_CASE(tls_and_plaintext_mixed_up)
{
    auto const to_tls = hint_for("Disconnected while requesting ApiVersion: might be caused by incorrect "
                                 "security.protocol configuration (connecting to a SSL listener?)",
                                 config{}, old_version)
                            .value();
    BOOST_TEST(!to_tls.final);
    BOOST_TEST(contains(to_tls.remedy, "set security.protocol to ssl"));
    auto const to_plain =
        hint_for("SSL handshake failed: error:0A00010B:SSL routines::wrong version number", config{}, old_version)
            .value();
    BOOST_TEST(to_plain.final);
    BOOST_TEST(!hint_for("SSL handshake failed: error:0A000126:SSL routines::unexpected eof while reading", config{},
                         old_version)
                    .value()
                    .final);
    BOOST_TEST(contains(to_plain.remedy, "not to speak TLS"));
    constexpr auto hung_up =
        "error:0A000126:SSL routines::unexpected eof while reading (after 4ms in state SSL_HANDSHAKE)";
    BOOST_TEST(contains(hint_for(hung_up, config{}, old_version).value().remedy, "not to speak TLS"));
}

BOOST_AUTO_TEST_CASE(a_refused_login_depends_on_the_mechanism)
{
    constexpr auto text = "SASL authentication error: Authentication failed during authentication due to invalid "
                          "credentials with SASL mechanism";
    auto const remedy = [&](std::string mechanism, int version)
    { return hint_for(text, with({{"sasl.mechanism", std::move(mechanism)}}), version).value().remedy; };
    BOOST_TEST(contains(remedy("PLAIN", old_version), "sasl.password"));
    BOOST_TEST(contains(remedy("SCRAM-SHA-256", old_version), "before 2.6.1"));
    BOOST_TEST(!contains(remedy("SCRAM-SHA-256", new_version), "2.6.1"));
    BOOST_TEST(contains(remedy("OAUTHBEARER", new_version), "config::oauth"));
    BOOST_TEST(contains(hint_for("SASL PLAIN mechanism handshake failed: Broker: Unsupported SASL mechanism",
                                 with({{"sasl.mechanism", "PLAIN"}}), old_version)
                            .value()
                            .remedy,
                        "does not know"));
}

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_during_a_login_is_no_refusal)
{
    auto const hint = hint_for("SASL PLAIN mechanism handshake failed: Local: Broker transport failure: broker's "
                               "supported mechanisms: ",
                               config{}, old_version)
                          .value();
    BOOST_TEST(!hint.final);
}

BOOST_AUTO_TEST_CASE(other_trouble_is_not_explained)
{
    BOOST_TEST(
        !hint_for("127.0.0.1:9092/1: Connect to ipv4#127.0.0.1:9092 failed: Connection refused", config{}, old_version)
             .has_value());
    BOOST_TEST(!hint_for("1 request(s) timed out: disconnect", config{}, old_version).has_value());
}

BOOST_AUTO_TEST_CASE(secrets_are_hidden_wherever_they_are)
{
    auto settings = with({{"sasl.password", "hunter2"}, {"sasl.username", "alice"}, {"ssl.key.password", "ab"}});
    settings.producer.properties["sasl.oauthbearer.client.secret"] = "other";
    auto hidden = secrets{settings};
    hidden.add("token");
    BOOST_TEST(hidden.hide("alice hunter2 other token hunter2hunter2 ab") ==
               "alice (hidden) (hidden) (hidden) (hidden)(hidden) ab");
}

BOOST_AUTO_TEST_CASE(a_secret_that_contains_another_is_hidden_whole)
{
    auto hidden = secrets{};
    hidden.add("horse");
    hidden.add_token("horse-battery");
    hidden.add("correct-horse-battery");
    BOOST_TEST(hidden.hide("correct-horse-battery, horse-battery, horse") == "(hidden), (hidden), (hidden)");
}

BOOST_AUTO_TEST_CASE(of_the_tokens_the_last_two_are_hidden)
{
    auto hidden = secrets{};
    hidden.add("fixed");
    for (auto const* const each : {"token-1", "token-2", "token-2", "token-3"})
        hidden.add_token(each);
    BOOST_TEST(hidden.hide("fixed token-1 token-2 token-3") == "(hidden) token-1 (hidden) (hidden)");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::kafka::login_hint_test

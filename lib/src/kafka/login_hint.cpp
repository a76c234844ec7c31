#include "kafka/login_hint.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace paperboy::kafka
{
namespace
{

using namespace std::string_view_literals;

// From here on SCRAM's nonce is what Kafka 4 expects (librdkafka 2.6.1).
constexpr int scram_for_kafka_4 = 0x02060100;

bool has(std::string_view text, std::string_view part)
{
    auto const same = [](char a, char b)
    { return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b)); };
    return std::ranges::search(text, part, same).begin() != text.end();
}

std::string property(config const& settings, std::string_view name, std::string_view otherwise)
{
    auto const found = settings.properties.find(name);
    return found == settings.properties.end() ? std::string{otherwise} : found->second;
}

std::string mechanism_of(config const& settings)
{
    return property(settings, "sasl.mechanism", property(settings, "sasl.mechanisms", "GSSAPI"));
}

login_hint refused_login(config const& settings, int version, std::string_view text)
{
    auto const mechanism = mechanism_of(settings);
    // librdkafka calls this an authentication error as well.
    if (has(text, "transport failure") || has(text, "timed out") || has(text, "disconnected"))
        return {"the connection broke during the login; trying again", false, false};
    if (has(text, "unsupported") && has(text, "mechanism"))
        return {"the listener does not know sasl.mechanism \"" + mechanism + "\"; choose one that it has", true, false};
    if (mechanism.starts_with("SCRAM") && version < scram_for_kafka_4)
        return {"check sasl.username and sasl.password in config::properties; if the brokers are Kafka 4 or newer, "
                "librdkafka before 2.6.1 cannot log in to them with SCRAM: update it, or use another sasl.mechanism",
                true, false};
    if (mechanism == "OAUTHBEARER")
        return {"check the token that config::oauth gives: its issuer, audience, scope and lifetime", true, false};
    return {"check sasl.mechanism, sasl.username and sasl.password in config::properties", true, false};
}

std::optional<login_hint> failed_handshake(config const& settings, std::string_view text)
{
    if (has(text, "certificate verify failed") || has(text, "certificate could not be verified"))
        return login_hint{"the brokers' certificate is not signed by an authority in ssl.ca.location" +
                              (settings.properties.contains("ssl.ca.location")
                                   ? " (" + property(settings, "ssl.ca.location", "") + ")"
                                   : std::string{", which is not set"}) +
                              ", or is not for this host name",
                          true, true};
    // The alerts that a client's certificate may be answered with, in OpenSSL's words.
    auto const alerts = std::array{"certificate required"sv,
                                   "bad certificate"sv,
                                   "unsupported certificate"sv,
                                   "certificate unknown"sv,
                                   "certificate expired"sv,
                                   "certificate revoked"sv,
                                   "unknown ca"sv,
                                   "client SSL authentication might be required"sv};
    if (std::ranges::any_of(alerts, [&](auto alert) { return has(text, alert); }))
        return login_hint{settings.properties.contains("ssl.certificate.location") ||
                                  settings.properties.contains("ssl.keystore.location")
                              ? "the brokers refuse the client's certificate: it must be signed by an authority that "
                                "they know (ssl.certificate.location, ssl.key.location)"
                              : "the brokers demand a client's certificate: set ssl.certificate.location and "
                                "ssl.key.location in config::properties",
                          true, true};
    // A listener without TLS hangs up, as one does that is just ending.
    auto const hung_up =
        (has(text, "SSL handshake failed") || has(text, "SSL_HANDSHAKE")) && has(text, "unexpected eof");
    if (hung_up || has(text, "wrong version number") || has(text, "PLAINTEXT broker listener"))
        return login_hint{"the listener seems not to speak TLS: set security.protocol to plaintext or sasl_plaintext, "
                          "or name the port of a TLS listener",
                          has(text, "wrong version number"), true};
    return std::nullopt;
}

} // namespace

std::optional<login_hint> hint_for(std::string_view text, config const& settings, int version)
{
    if (auto const found = failed_handshake(settings, text))
        return found;
    if (has(text, "SSL listener?") || has(text, "security.protocol"))
        return login_hint{"if the port is a TLS listener's, set security.protocol to ssl or sasl_ssl in "
                          "config::properties; if it wants logins, to sasl_plaintext or sasl_ssl",
                          false, true};
    if (has(text, "SASL") &&
        (has(text, "authentication error") || has(text, "authentication failed") || has(text, "mechanism")))
        return refused_login(settings, version, text);
    return std::nullopt;
}

} // namespace paperboy::kafka

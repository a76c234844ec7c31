// Credentials and TLS.

#include "registry/fixture.hpp"
#include "support/manual_watched.hpp"
#include "support/test_authority.hpp"

#include <openssl/ssl.h>

#include <string>
#include <tuple>
#include <vector>

namespace paperboy::test::security_test
{
namespace
{

// One for the whole program: making it takes a moment.
test_authority const& authority()
{
    static auto const made = test_authority{};
    return made;
}

// The name that a client has asked for, RFC 6066.
int note_name(SSL* connection, int*, void* names)
{
    auto const* const asked = ::SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    static_cast<watched<std::vector<std::string>>*>(names)->update(
        [asked](auto& all) { all.emplace_back(asked == nullptr ? "none" : asked); });
    return SSL_TLSEXT_ERR_OK;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(registry_security, registry_fixture)

BOOST_AUTO_TEST_CASE(credentials_are_sent)
{
    auto server = scripted_server{in_turn({a_schema()})};
    auto basic = settings({server.url()});
    basic.user = "alice";
    basic.password = "secret";
    BOOST_TEST(get(schema_registry{io, basic}, 1).succeeded());
    BOOST_TEST(server.requests().back().authorization == "Basic YWxpY2U6c2VjcmV0");
    basic.urls = {server.url("bob:pass%20word")};
    BOOST_TEST(get(schema_registry{io, basic}, 1).succeeded());
    BOOST_TEST(server.requests().back().authorization == "Basic Ym9iOnBhc3Mgd29yZA==");
    auto bearer = settings({server.url()});
    bearer.bearer_token = "tok.en";
    BOOST_TEST(get(schema_registry{io, bearer}, 1).succeeded());
    BOOST_TEST(server.requests().back().authorization == "Bearer tok.en");
    BOOST_TEST(get(schema_registry{io, server.url()}, 1).succeeded());
    BOOST_TEST(server.requests().back().authorization.empty());
}

BOOST_AUTO_TEST_CASE(refused_credentials_are_not_shown)
{
    auto server =
        scripted_server{in_turn({{500, ""}, {401, "who are you?"}, {403, R"({"error_code":40301,"message":"no"})"}})};
    auto basic = settings({server.url("alice:secret")});
    basic.retries = 1;
    auto const registry = schema_registry{io, basic};
    for (auto i = 0; i < 2; ++i)
    {
        auto const found = get(registry, 1);
        BOOST_TEST((found.code() == errc::registry_refused), found.text());
        BOOST_TEST(found.says("check user, password or token"), found.text());
        BOOST_TEST(!found.says("secret"), found.text());
        BOOST_TEST(!found.says("YWxpY2U6c2VjcmV0"), found.text());
    }
    BOOST_TEST_REQUIRE(log.size() == 1U);
    BOOST_TEST(log.front().find("secret") == std::string::npos, log.front());
    BOOST_TEST(log.front().find("alice") == std::string::npos, log.front());
}

BOOST_AUTO_TEST_CASE(https_with_an_authority_of_ones_own)
{
    auto server = scripted_server{in_turn({a_schema()}), authority().server()};
    auto secure = settings({server.url() + "/prefix"});
    secure.ca_file = authority().file("ca.crt");
    auto const registry = schema_registry{io, secure};
    for (auto const id : {1, 2})
    {
        auto const found = get(registry, id);
        BOOST_TEST(found.succeeded(), found.text());
    }
    BOOST_TEST(server.requests().back().connection == 1);
    BOOST_TEST(server.requests().back().target == "/prefix/schemas/ids/2");
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_not_trusted)
{
    auto server = scripted_server{in_turn({a_schema()}), authority().server()};
    auto secure = settings({server.url()});
    secure.retries = 5;
    auto const stranger = get(schema_registry{io, secure}, 1);
    BOOST_TEST((stranger.code() == errc::registry_bad_answer), stranger.text());
    BOOST_TEST(stranger.says("ca_file"), stranger.text());
    secure.ca_file = authority().file("ca.crt");
    secure.urls = {"https://127.0.0.1" + server.url().substr(server.url().rfind(':'))};
    auto const other_host = get(schema_registry{io, secure}, 1);
    BOOST_TEST((other_host.code() == errc::registry_bad_answer), other_host.text());
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(the_next_url_is_asked_when_a_certificate_has_expired)
{
    auto expired = scripted_server{in_turn({a_schema()}), authority().server_named("expired")};
    auto good = scripted_server{in_turn({a_schema()}), authority().server()};
    auto secure = settings({expired.url(), good.url()});
    secure.ca_file = authority().file("ca.crt");
    auto const registry = schema_registry{io, secure};
    auto const found = get(registry, 1);
    BOOST_TEST(found.succeeded(), found.text());
    BOOST_TEST(expired.requests().empty());
    BOOST_TEST_REQUIRE(log.size() == 1U);
    BOOST_TEST(log.front().find("certificate") != std::string::npos, log.front());
    secure.urls = {expired.url()};
    BOOST_TEST(get(schema_registry{io, secure}, 1).says("expired"));
}

BOOST_AUTO_TEST_CASE(only_names_are_asked_for)
{
    for (auto const& [host, certificate, asked] :
         {std::tuple{"localhost", "server", "localhost"}, std::tuple{"127.0.0.1", "address", "none"}})
    {
        auto names = watched<std::vector<std::string>>{};
        auto const tls = authority().server_named(certificate);
        ::SSL_CTX_set_tlsext_servername_arg(tls->native_handle(), &names);
        ::SSL_CTX_set_tlsext_servername_callback(tls->native_handle(), &note_name);
        auto server = scripted_server{in_turn({a_schema()}), tls};
        auto secure = settings({std::string{"https://"} + host + server.url().substr(server.url().rfind(':'))});
        secure.ca_file = authority().file("ca.crt");
        auto const found = get(schema_registry{io, secure}, 1);
        BOOST_TEST(found.succeeded(), found.text());
        BOOST_TEST(names.get() == std::vector<std::string>{asked}, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(https_to_a_port_of_http)
{
    auto server = scripted_server{in_turn({a_schema()})};
    auto const found = get(schema_registry{io, settings({"https" + server.url().substr(4)})}, 1);
    BOOST_TEST(!found.succeeded());
    BOOST_TEST(found.says("TLS"), found.text());
}

BOOST_AUTO_TEST_CASE(https_cut_in_the_middle_is_tried_again)
{
    auto server = scripted_server{in_turn({a_schema().cut(110), a_schema()}), authority().server()};
    auto secure = settings({server.url()});
    secure.ca_file = authority().file("ca.crt");
    secure.retries = 1;
    auto const found = get(schema_registry{io, secure}, 1);
    BOOST_TEST(found.succeeded(), found.text());
    BOOST_TEST(server.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_certificate_of_the_client)
{
    auto server = scripted_server{in_turn({a_schema()}), authority().server(true)};
    auto secure = settings({server.url()});
    secure.ca_file = authority().file("ca.crt");
    BOOST_TEST(!get(schema_registry{io, secure}, 1).succeeded());
    secure.certificate_file = authority().file("client.crt");
    secure.key_file = authority().file("client.key");
    auto const found = get(schema_registry{io, secure}, 1);
    BOOST_TEST(found.succeeded(), found.text());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::security_test

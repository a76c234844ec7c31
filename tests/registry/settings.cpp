// Settings that cannot work.

#include "registry/fixture.hpp"

namespace paperboy::test::settings_test
{
namespace
{

using namespace std::chrono_literals;

struct bad_setting
{
    std::string field;
    std::function<void(schema_registry_settings&)> spoil;
};

std::vector<bad_setting> bad_settings()
{
    return {
        {"urls is empty", [](auto& s) { s.urls.clear(); }},
        {"urls has \"nonsense\"", [](auto& s) { s.urls.emplace_back("nonsense"); }},
        {"user and bearer_token", [](auto& s) { s.user = "alice", s.bearer_token = "secret"; }},
        {"password is set without user", [](auto& s) { s.password = "secret"; }},
        {"user has a ':'", [](auto& s) { s.user = "alice:secret"; }},
        {"bearer_token has control", [](auto& s) { s.bearer_token = "secret\n"; }},
        {"certificate_file and key_file", [](auto& s) { s.certificate_file = "a.crt"; }},
        {"certificate_file and key_file", [](auto& s) { s.key_file = "a.key"; }},
        {"ca_file is \"/nowhere/ca.crt\"", [](auto& s) { s.ca_file = "/nowhere/ca.crt"; }},
        {"certificate_file is \"/nowhere/a\"", [](auto& s) { s.certificate_file = "/nowhere/a", s.key_file = "b"; }},
        {"request_timeout is 9 ms", [](auto& s) { s.request_timeout = 9ms; }},
        {"retries is 1001", [](auto& s) { s.retries = 1001; }},
        {"backoff is 0 ms", [](auto& s) { s.backoff = 0ms; }},
        {"max_backoff is 3600001 ms", [](auto& s) { s.max_backoff = 1h + 1ms; }},
        {"max_connections is 0", [](auto& s) { s.max_connections = 0; }},
        {"unknown_ttl is -1 ms", [](auto& s) { s.unknown_ttl = -1ms; }},
        {"latest_ttl is -1 ms", [](auto& s) { s.latest_ttl = -1ms; }},
        {"cache_limit is 0", [](auto& s) { s.cache_limit = 0; }},
        {"max_response is 1023", [](auto& s) { s.max_response = 1023; }},
    };
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(registry_settings, registry_fixture)

BOOST_AUTO_TEST_CASE(what_cannot_work_is_refused_by_name)
{
    for (auto const& each : bad_settings())
    {
        auto spoilt = settings({"http://localhost:1"});
        each.spoil(spoilt);
        BOOST_CHECK_EXCEPTION((schema_registry{io, spoilt}), setup_error,
                              [&](setup_error const& error)
                              {
                                  auto const what = std::string{error.what()};
                                  BOOST_TEST_INFO(what);
                                  return error.code() == errc::invalid_config &&
                                         what.find("schema_registry_settings::" + each.field) != what.npos &&
                                         what.find("secret") == what.npos;
                              });
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::settings_test

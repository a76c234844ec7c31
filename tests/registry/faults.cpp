// Registries that do not answer, answer too late, in part, or nonsense.

#include "registry/fixture.hpp"

#include <paperboy/avro.hpp>
#include <paperboy/detail/failure_policy.hpp>

#include <boost/asio/co_spawn.hpp>

namespace paperboy::test::faults_test
{
namespace
{

using namespace std::chrono_literals;

// Nobody listens there: it was somebody's port until just now.
std::string dead_url()
{
    return scripted_server{in_turn({a_schema()})}.url();
}

scripted_answer raw(std::string bytes)
{
    auto out = scripted_answer{200, ""};
    out.raw = std::move(bytes);
    out.close = true;
    return out;
}

struct bad_answer
{
    scripted_answer answer;
    std::string part;
};

// A record of Avro by schema 7.
bytes_view seven() noexcept
{
    static constexpr auto bytes = std::array{std::byte{0}, std::byte{0},   std::byte{0},   std::byte{0},  std::byte{7},
                                             std::byte{6}, std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
    return bytes;
}

// Whether `on_undecodable` decides about such a failure.
bool blames_record(std::exception_ptr const& error)
{
    auto options = handler_options{};
    options.on_undecodable = error_action::dead_letter();
    return detail::failure_policy{options}.without_asking(hook::decode_value, error, true).has_value();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(registry_faults, registry_fixture)

BOOST_AUTO_TEST_CASE(server_errors_are_tried_again)
{
    auto server = scripted_server{in_turn({{500, "oops"}, {503, "<html>"}, {502, ""}, a_schema()})};
    auto patient = settings({server.url()});
    patient.retries = 3;
    auto const registry = schema_registry{io, patient};
    auto const found = get(registry, 7);
    BOOST_TEST(found.succeeded(), found.text());
    BOOST_TEST(server.requests().size() == 4U);
    BOOST_TEST(log.size() == 3U);
    BOOST_TEST(log.front().find("answered 500; asking again in 1 ms") != std::string::npos, log.front());
}

BOOST_AUTO_TEST_CASE(in_the_end_it_is_given_up)
{
    auto server = scripted_server{in_turn({{500, ""}})};
    auto patient = settings({server.url()});
    patient.retries = 2;
    auto const registry = schema_registry{io, patient};
    auto const found = get(registry, 7);
    BOOST_TEST((found.code() == errc::registry_unreachable), found.text());
    BOOST_TEST((found.code() == condition::retriable));
    BOOST_TEST(found.says(server.url() + "/schemas/ids/7 answered 500; given up after 3 attempts"), found.text());
    BOOST_TEST(server.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(retry_after_is_waited_for)
{
    auto server = scripted_server{in_turn({scripted_answer{429, ""}.with("Retry-After: 1"), a_schema()})};
    auto patient = settings({server.url()});
    patient.retries = 1;
    auto const registry = schema_registry{io, patient};
    auto const began = std::chrono::steady_clock::now();
    auto const found = get(registry, 7);
    BOOST_TEST(found.succeeded(), found.text());
    BOOST_TEST((std::chrono::steady_clock::now() - began >= 1s));
}

BOOST_AUTO_TEST_CASE(too_long_a_retry_after_is_not)
{
    auto server = scripted_server{
        in_turn({scripted_answer{429, ""}.with("Retry-After: 3600"),
                 scripted_answer{503, ""}.with("Retry-After: Fri, 31 Dec 2100 23:59:59 GMT"),
                 scripted_answer{503, ""}.with("Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"), a_schema()})};
    auto patient = settings({server.url()});
    patient.retries = 1;
    auto const registry = schema_registry{io, patient};
    auto const found = get(registry, 7);
    BOOST_TEST((found.code() == errc::registry_unreachable), found.text());
    BOOST_TEST(found.says("3600 s"), found.text());
    BOOST_TEST((get(registry, 7).code() == errc::registry_unreachable));
    BOOST_TEST(get(registry, 7).succeeded());
}

BOOST_AUTO_TEST_CASE(half_a_body_is_tried_again)
{
    for (auto const bytes : {std::size_t{1}, std::size_t{20}, std::size_t{110}, std::size_t{118}})
    {
        auto server = scripted_server{in_turn({a_schema().cut(bytes), a_schema()})};
        auto patient = settings({server.url()});
        patient.retries = 1;
        auto const registry = schema_registry{io, patient};
        auto const found = get(registry, 7);
        BOOST_TEST(found.succeeded(), found.text());
        BOOST_TEST(server.requests().size() == 2U);
    }
    auto server = scripted_server{in_turn({a_schema().cut(110)})};
    auto const found = get(schema_registry{io, settings({server.url()})}, 7);
    BOOST_TEST((found.code() == errc::registry_unreachable), found.text());
    BOOST_TEST(found.says("in the middle of the answer"), found.text());
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_was_closed_meanwhile_is_no_failure)
{
    auto server = scripted_server{in_turn({a_schema().closing(), a_schema()})};
    auto const registry = schema_registry{io, settings({server.url()})};
    BOOST_TEST(get(registry, 1).succeeded());
    auto const second = get(registry, 2);
    BOOST_TEST(second.succeeded(), second.text());
    BOOST_TEST(log.empty());
    BOOST_TEST(server.requests().back().connection == 2);
}

BOOST_AUTO_TEST_CASE(a_slow_registry_runs_into_the_time_out)
{
    auto server = scripted_server{in_turn({a_schema().after(30s)})};
    auto hasty = settings({server.url()});
    hasty.request_timeout = 2s;
    auto const registry = schema_registry{io, hasty};
    auto const began = std::chrono::steady_clock::now();
    auto const found = get(registry, 7);
    BOOST_TEST((found.code() == errc::registry_unreachable), found.text());
    BOOST_TEST(found.says("request_timeout"), found.text());
    BOOST_TEST((std::chrono::steady_clock::now() - began < 10s));
    BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(nobody_there)
{
    auto const url = dead_url();
    auto const found = get(schema_registry{io, settings({url})}, 7);
    BOOST_TEST((found.code() == errc::registry_unreachable), found.text());
    BOOST_TEST(found.says(url + "/schemas/ids/7: connecting"), found.text());
    auto const nowhere = get(schema_registry{io, settings({"http://no-such-host.invalid"})}, 7);
    BOOST_TEST((nowhere.code() == errc::registry_unreachable), nowhere.text());
    BOOST_TEST(nowhere.says("looking up the host"), nowhere.text());
}

BOOST_AUTO_TEST_CASE(the_next_url_is_asked_and_stays)
{
    auto failing = scripted_server{in_turn({{500, ""}})};
    auto server = scripted_server{in_turn({a_schema()})};
    auto const registry = schema_registry{io, settings({dead_url(), failing.url(), server.url()})};
    for (auto const id : {1, 2, 3})
    {
        auto const found = get(registry, id);
        BOOST_TEST(found.succeeded(), found.text());
    }
    BOOST_TEST(failing.requests().size() == 1U);
    BOOST_TEST(server.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(what_is_no_registry_is_said_to_be_none)
{
    auto const cases = std::vector<bad_answer>{
        {scripted_answer{200, "<html><body>Welcome</body></html>"}.as("text/html"), "\"<html><body>Welcome"},
        {{200, ""}, "found nothing"},
        {{200, "{\"schema\":"}, "expected JSON"},
        {{200, "[1]"}, "expected JSON"},
        {{200, "{\"schema\":5}"}, "expected an object with \"schema\""},
        {{200, "{\"id\":5}"}, "expected an object with \"schema\""},
        {scripted_answer{302, ""}.with("Location: http://login.example/"), "a redirect to \"http://login.example/\""},
        {{204, ""}, "answered 204; expected 200 and JSON"},
        {{400, "what?"}, "answered 400; expected 200 and JSON, found \"what?\""},
        {raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "not HTTP"},
    };
    for (auto const& each : cases)
    {
        auto server = scripted_server{in_turn({each.answer})};
        auto patient = settings({server.url()});
        patient.retries = 5;
        auto const found = get(schema_registry{io, patient}, 7);
        BOOST_TEST((found.code() == errc::registry_bad_answer), found.text());
        BOOST_TEST(found.says(each.part), found.text());
        BOOST_TEST(found.says(server.url() + "/schemas/ids/7"), found.text());
        BOOST_TEST(server.requests().size() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(the_next_url_is_asked_when_one_misbehaves)
{
    for (auto const& each :
         {raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"), scripted_answer{200, "<html><body>Welcome</body></html>"}.as("text/html"),
          scripted_answer{200, ""}, scripted_answer{404, "<html>nginx</html>"}.as("text/html"),
          scripted_answer{302, ""}.with("Location: http://login.example/"), scripted_answer{204, ""},
          scripted_answer{200, std::string(8192, 'x')}})
    {
        auto bad = scripted_server{in_turn({each})};
        auto good = scripted_server{in_turn({a_schema()})};
        auto patient = settings({bad.url(), good.url()});
        patient.max_response = 4096;
        auto const registry = schema_registry{io, patient};
        log.clear();
        for (auto const id : {1, 2})
        {
            auto const found = get(registry, id);
            BOOST_TEST(found.succeeded(), found.text());
        }
        BOOST_TEST(bad.requests().size() == 1U);
        BOOST_TEST(good.requests().size() == 2U);
        BOOST_TEST_REQUIRE(log.size() == 1U);
        BOOST_TEST(log.front().find(bad.url()) != std::string::npos, log.front());
        BOOST_TEST(log.front().ends_with("; asking the next URL"), log.front());
    }
}

BOOST_AUTO_TEST_CASE(what_the_registry_says_no_other_url_is_asked_for)
{
    for (auto const& each :
         {unknown_id(), scripted_answer{401, "who are you?"}, scripted_answer{403, ""}, scripted_answer{200, "{}"}})
    {
        auto first = scripted_server{in_turn({each})};
        auto second = scripted_server{in_turn({a_schema()})};
        BOOST_TEST(!get(schema_registry{io, settings({first.url(), second.url()})}, 7).succeeded());
        BOOST_TEST(second.requests().empty());
    }
}

BOOST_AUTO_TEST_CASE(a_url_that_misbehaves_does_not_end_the_wait_for_another)
{
    auto bad = scripted_server{in_turn({scripted_answer{200, "<html>"}.as("text/html")})};
    auto late = scripted_server{in_turn({{503, ""}, a_schema()})};
    auto patient = settings({bad.url(), late.url()});
    patient.retries = 1;
    auto const found = get(schema_registry{io, patient}, 7);
    BOOST_TEST(found.succeeded(), found.text());
    auto down = scripted_server{in_turn({{503, ""}})};
    patient.urls = {down.url(), bad.url()};
    auto const never = get(schema_registry{io, patient}, 7);
    BOOST_TEST((never.code() == errc::registry_unreachable), never.text());
}

// Else an outage that outlasts the retries would send good records to the dead letters.
BOOST_AUTO_TEST_CASE(a_record_is_to_blame_for_an_unknown_id_but_not_for_an_outage)
{
    auto const html = scripted_answer{200, "<html>"}.as("text/html");
    auto server = scripted_server{in_turn({{500, ""}, {401, ""}, html, unknown_id(), a_schema()})};
    auto forgetful = settings({server.url()});
    forgetful.unknown_ttl = 0ms;
    auto serde = avro<std::string>{schema_registry{io, forgetful}};
    auto const prepare = [&]
    {
        auto error = std::exception_ptr{};
        boost::asio::co_spawn(io, serde.prepare(seven()), [&](std::exception_ptr failed) { error = failed; });
        run();
        return error;
    };
    for (auto const why : {errc::registry_unreachable, errc::registry_refused, errc::registry_bad_answer})
    {
        auto const error = prepare();
        BOOST_TEST(!blames_record(error));
        BOOST_CHECK_EXCEPTION(
            std::rethrow_exception(error), registry_error, [&](registry_error const& found)
            { return found.code() == why && std::string_view{found.what()}.starts_with("Avro: schema id 7: "); });
    }
    auto const unknown = prepare();
    BOOST_TEST(blames_record(unknown));
    BOOST_CHECK_THROW(std::rethrow_exception(unknown), decode_error);
    BOOST_TEST(!serde.ready(seven()));
    BOOST_TEST(!prepare());
    auto text = std::string{};
    serde.decode(seven(), text);
    BOOST_TEST(text == "abc");
}

BOOST_AUTO_TEST_CASE(too_large_an_answer_is_not_read)
{
    auto server = scripted_server{in_turn({a_schema(std::string(5000, 'x'))})};
    auto small = settings({server.url()});
    small.max_response = 4096;
    auto const found = get(schema_registry{io, small}, 7);
    BOOST_TEST((found.code() == errc::registry_bad_answer), found.text());
    BOOST_TEST(found.says("max_response"), found.text());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::faults_test

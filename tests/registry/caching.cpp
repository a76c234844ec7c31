// What the client remembers, for how long, and what it asks only once.

#include "registry/fixture.hpp"

#include <array>
#include <optional>
#include <thread>

namespace paperboy::test::caching_test
{
namespace
{

scripted_answer a_version(int version)
{
    return {200, R"({"subject":"s","id":)" + std::to_string(100 + version) + R"(,"version":)" +
                     std::to_string(version) + R"(,"schema":"\"int\""})"};
}

scripted_answer unknown_version()
{
    return {404, R"({"error_code":40402,"message":"Version 1 not found."})"};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(registry_caching, registry_fixture)

BOOST_AUTO_TEST_CASE(an_id_is_asked_once)
{
    auto server = scripted_server{in_turn({a_schema()})};
    auto const registry = schema_registry{io, server.url()};
    BOOST_TEST(!registry.find(7));
    auto const first = get(registry, 7).value;
    BOOST_TEST((registry.find(7) == first));
    BOOST_TEST((get(registry, 7).value == first));
    auto const copy = registry;
    BOOST_TEST((copy.find(7) == first));
    BOOST_TEST(!registry.find(8));
    BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_goes_over_the_network_is_counted_by_how_it_ends)
{
    auto server = scripted_server{
        in_turn({a_schema(), unknown_id(), scripted_answer{503, ""}, scripted_answer{429, ""}, a_schema()})};
    auto registry = std::make_optional<schema_registry>(io, settings({server.url()}));
    auto const monitor = registry_monitor{*registry};
    BOOST_TEST(monitor.stats().durations.count == 0U);
    for (auto const id : {7, 7, 8, 9, 9, 7})
        static_cast<void>(get(*registry, id));
    auto const seen = monitor.stats();
    BOOST_TEST(seen.answered == 1U);
    BOOST_TEST(seen.refused == 1U);
    BOOST_TEST(seen.server_errors == 1U);
    BOOST_TEST(seen.throttled == 1U);
    BOOST_TEST(seen.unanswered == 0U);
    BOOST_TEST(seen.durations.count == 4U);
    BOOST_TEST(registry->stats().answered == 1U);
    registry.reset();
    BOOST_TEST(monitor.stats().durations.count == 4U);
}

BOOST_AUTO_TEST_CASE(who_does_not_answer_is_counted)
{
    auto const registry = schema_registry{io, settings({"http://127.0.0.1:1"})};
    static_cast<void>(get(registry, 7));
    BOOST_TEST(registry.stats().unanswered == 1U);
    BOOST_TEST(registry.stats().durations.count == 0U);
}

BOOST_AUTO_TEST_CASE(callers_at_the_same_time_share_a_request)
{
    auto server = scripted_server{in_turn({a_schema().after(std::chrono::milliseconds{100})})};
    auto const registry = schema_registry{io, server.url()};
    auto all = std::array<registry_outcome<schema_ptr>, 20>{};
    for (auto& each : all)
        registry.async_schema(7, each.handler());
    run();
    for (auto const& each : all)
    {
        BOOST_TEST(each.succeeded(), each.text());
        BOOST_TEST((each.value == all.front().value));
    }
    BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(callers_at_the_same_time_share_a_failure_that_is_not_remembered)
{
    auto server =
        scripted_server{in_turn({scripted_answer{500, ""}.after(std::chrono::milliseconds{100}), a_schema()})};
    auto const registry = schema_registry{io, settings({server.url()})};
    auto all = std::array<registry_outcome<schema_ptr>, 3>{};
    for (auto& each : all)
        registry.async_schema(7, each.handler());
    run();
    for (auto const& each : all)
        BOOST_TEST((each.code() == errc::registry_unreachable), each.text());
    BOOST_TEST(server.requests().size() == 1U);
    BOOST_TEST(get(registry, 7).succeeded());
}

BOOST_AUTO_TEST_CASE(an_unknown_id_is_remembered_for_a_while)
{
    auto server = scripted_server{in_turn({unknown_id(), a_schema()})};
    auto const registry = schema_registry{io, settings({server.url()})};
    auto const first = get(registry, 7);
    BOOST_TEST((first.code() == errc::unknown_schema), first.text());
    BOOST_TEST(first.says("id 7"), first.text());
    BOOST_TEST(first.says("40403"), first.text());
    auto const second = get(registry, 7);
    BOOST_TEST((second.code() == errc::unknown_schema));
    BOOST_TEST(second.text() == first.text());
    BOOST_TEST(!registry.find(7));
    BOOST_TEST(server.requests().size() == 1U);
    BOOST_TEST(get(registry, 8).succeeded());
}

BOOST_AUTO_TEST_CASE(an_unknown_id_may_become_known)
{
    auto server = scripted_server{in_turn({unknown_id(), a_schema()})};
    auto at_once = settings({server.url()});
    at_once.unknown_ttl = std::chrono::milliseconds{0};
    auto const registry = schema_registry{io, at_once};
    BOOST_TEST((get(registry, 7).code() == errc::unknown_schema));
    BOOST_TEST(get(registry, 7).succeeded());
}

BOOST_AUTO_TEST_CASE(an_unknown_version_is_remembered_for_a_while)
{
    auto server = scripted_server{in_turn({unknown_version(), a_version(1)})};
    auto const registry = schema_registry{io, settings({server.url()})};
    auto const first = get(registry, "s", 1);
    BOOST_TEST((first.code() == errc::unknown_schema), first.text());
    auto const second = get(registry, "s", 1);
    BOOST_TEST((second.code() == errc::unknown_schema));
    BOOST_TEST(second.text() == first.text());
    BOOST_TEST(server.requests().size() == 1U);
    BOOST_TEST(get(registry, "t", 1).succeeded());
}

BOOST_AUTO_TEST_CASE(what_was_unknown_is_asked_for_again_after_a_registration)
{
    auto server = scripted_server{
        in_turn({unknown_id(), unknown_version(), scripted_answer{200, R"({"id":7})"}, a_schema(), a_version(1)})};
    auto const registry = schema_registry{io, settings({server.url()})};
    BOOST_TEST((get(registry, 7).code() == errc::unknown_schema));
    BOOST_TEST((get(registry, "s", schema_registry::latest).code() == errc::unknown_schema));
    auto registered = registry_outcome<std::int32_t>{};
    registry.async_register("s", schema_draft{R"("int")"}, registered.handler());
    run();
    BOOST_TEST(registered.succeeded(), registered.text());
    BOOST_TEST(get(registry, 7).succeeded());
    BOOST_TEST(get(registry, "s", schema_registry::latest).succeeded());
}

// It was the answer to what the registry had before.
BOOST_AUTO_TEST_CASE(a_404_that_comes_behind_a_registration_is_not_remembered)
{
    auto server = scripted_server{
        in_turn({unknown_version().after(std::chrono::seconds{2}), scripted_answer{200, R"({"id":7})"}, a_version(1)})};
    auto const registry = schema_registry{io, settings({server.url()})};
    auto before = registry_outcome<subject_version>{};
    registry.async_version("s", schema_registry::latest, before.handler());
    io.restart();
    auto runner = std::thread{[this] { io.run(); }};
    BOOST_TEST(server.await_requests(1));
    auto registered = registry_outcome<std::int32_t>{};
    registry.async_register("s", schema_draft{R"("int")"}, registered.handler());
    runner.join();
    BOOST_TEST(registered.succeeded(), registered.text());
    BOOST_TEST((before.code() == errc::unknown_schema), before.text());
    BOOST_TEST(get(registry, "s", schema_registry::latest).succeeded());
}

// Nor is it the answer to a question that is put only then.
BOOST_AUTO_TEST_CASE(who_asks_after_a_registration_does_not_join_those_who_asked_before)
{
    auto server = scripted_server{
        in_turn({unknown_version().after(std::chrono::seconds{2}), scripted_answer{200, R"({"id":7})"}, a_version(1)})};
    auto const registry = schema_registry{io, settings({server.url()})};
    auto before = registry_outcome<subject_version>{};
    auto after = registry_outcome<subject_version>{};
    registry.async_version("s", schema_registry::latest, before.handler());
    io.restart();
    auto runner = std::thread{[this] { io.run(); }};
    BOOST_TEST(server.await_requests(1));
    auto error = error_code{};
    registry.async_register("s", schema_draft{R"("int")"},
                            [&](std::exception_ptr failure, std::int32_t)
                            {
                                error = failure ? make_error_code(errc::registry_unreachable) : error_code{};
                                registry.async_version("s", schema_registry::latest, after.handler());
                            });
    runner.join();
    BOOST_TEST(!error);
    BOOST_TEST((before.code() == errc::unknown_schema), before.text());
    BOOST_TEST(after.succeeded(), after.text());
    BOOST_TEST(get(registry, "s", schema_registry::latest).succeeded());
    BOOST_TEST(server.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_registration_makes_another_version_the_latest)
{
    auto server = scripted_server{in_turn({a_version(1), scripted_answer{200, R"({"id":7})"}, a_version(2)})};
    auto const registry = schema_registry{io, settings({server.url()})};
    BOOST_TEST(get(registry, "s", schema_registry::latest).value.version == 1);
    auto registered = registry_outcome<std::int32_t>{};
    registry.async_register("s", schema_draft{R"("int")"}, registered.handler());
    run();
    BOOST_TEST(registered.succeeded(), registered.text());
    BOOST_TEST(get(registry, "s", schema_registry::latest).value.version == 2);
    BOOST_TEST(get(registry, "s", 1).value.version == 1);
    BOOST_TEST(server.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_404_that_is_not_the_registrys_is_not_taken_for_an_unknown_id)
{
    auto server = scripted_server{in_turn({{404, "no such page"}, {404, "{}"}, a_schema()})};
    auto const registry = schema_registry{io, settings({server.url()})};
    auto const first = get(registry, 7);
    BOOST_TEST((first.code() == errc::registry_bad_answer), first.text());
    BOOST_TEST(first.says("prefix"), first.text());
    BOOST_TEST((get(registry, 7).code() == errc::registry_bad_answer));
    BOOST_TEST(get(registry, 7).succeeded());
}

BOOST_AUTO_TEST_CASE(the_oldest_id_makes_room)
{
    auto server = scripted_server{in_turn({a_schema()})};
    auto small = settings({server.url()});
    small.cache_limit = 2;
    auto const registry = schema_registry{io, small};
    for (auto const id : {1, 2, 3})
        BOOST_TEST(get(registry, id).succeeded());
    BOOST_TEST(!registry.find(1));
    BOOST_TEST(registry.find(2));
    BOOST_TEST(registry.find(3));
}

BOOST_AUTO_TEST_CASE(a_numbered_version_is_asked_once)
{
    auto server = scripted_server{in_turn({a_version(1)})};
    auto const registry = schema_registry{io, server.url()};
    BOOST_TEST(get(registry, "s", 1).succeeded());
    BOOST_TEST(get(registry, "s", 1).succeeded());
    BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_latest_version_is_remembered_for_a_while)
{
    auto server = scripted_server{in_turn({a_version(1), a_version(2)})};
    auto const registry = schema_registry{io, settings({server.url()})};
    for (auto i = 0; i < 2; ++i)
        BOOST_TEST(get(registry, "s", schema_registry::latest).value.version == 1);
    BOOST_TEST(get(registry, "s", 1).succeeded());
    BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_latest_version_may_change)
{
    auto server = scripted_server{in_turn({a_version(1), a_version(2)})};
    auto at_once = settings({server.url()});
    at_once.latest_ttl = std::chrono::milliseconds{0};
    auto const registry = schema_registry{io, at_once};
    BOOST_TEST(get(registry, "s", schema_registry::latest).value.version == 1);
    BOOST_TEST(get(registry, "s", schema_registry::latest).value.version == 2);
}

BOOST_AUTO_TEST_CASE(connections_are_reused)
{
    auto server = scripted_server{in_turn({a_schema()})};
    auto const registry = schema_registry{io, server.url()};
    for (auto const id : {1, 2, 3})
        BOOST_TEST(get(registry, id).succeeded());
    BOOST_TEST(server.requests().back().connection == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::caching_test

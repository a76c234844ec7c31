// How many connections there are at the same time.

#include "registry/fixture.hpp"

#include "serde/registry_turns.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>

namespace paperboy::test::connections_test
{
namespace
{

using namespace std::chrono_literals;
namespace asio = boost::asio;
using serde::exchange_control;
using serde::exchange_error;
using serde::registry_turns;
using clock = std::chrono::steady_clock;

int most_connections(scripted_server const& server)
{
    auto const seen = server.requests();
    return std::ranges::max(seen, {}, &seen_request::connection).connection;
}

struct turns_fixture : registry_fixture
{
    registry_turns turns{io.get_executor(), 1};
    std::optional<registry_turns::turn> first;
    exchange_control nobody;

    turns_fixture()
    {
        start([this]() -> asio::awaitable<void> { first.emplace(co_await turns.take(nobody, clock::now())); });
        run();
        BOOST_TEST_REQUIRE(first.has_value());
    }

    // `work` has to stay until it has ended.
    template <class F>
    void start(F const& work)
    {
        asio::co_spawn(io, work, asio::detached);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(registry_connections)

BOOST_FIXTURE_TEST_CASE(requests_take_turns_on_as_many_connections_as_are_allowed, registry_fixture)
{
    auto server = scripted_server{[](auto const&) { return a_schema().after(10ms); }};
    auto few = settings({server.url()});
    few.max_connections = 2;
    auto const registry = schema_registry{io, few};
    auto all = std::array<registry_outcome<schema_ptr>, 20>{};
    for (auto id = 0; auto& each : all)
        registry.async_schema(++id, each.handler());
    run();
    for (auto const& each : all)
        BOOST_TEST(each.succeeded(), each.text());
    BOOST_TEST(server.requests().size() == all.size());
    BOOST_TEST(most_connections(server) == 2);
}

BOOST_FIXTURE_TEST_CASE(a_kept_connection_makes_room_for_one_to_another_url, registry_fixture)
{
    auto away = scripted_server{in_turn({a_schema(), scripted_answer{500, ""}})};
    auto other = scripted_server{in_turn({a_schema()})};
    auto one = settings({away.url(), other.url()});
    one.max_connections = 1;
    auto const registry = schema_registry{io, one};
    for (auto const id : {1, 2, 3})
        BOOST_TEST(get(registry, id).succeeded());
    BOOST_TEST(away.requests().size() == 2U);
    BOOST_TEST(other.requests().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_caller_that_goes_away_gives_its_place_to_the_next, registry_fixture)
{
    auto server = scripted_server{[](seen_request const& asked)
                                  { return asked.target == "/schemas/ids/1" ? a_schema().after(1h) : a_schema(); }};
    auto one = settings({server.url()});
    one.max_connections = 1;
    auto const registry = schema_registry{io, one};
    auto cancel = asio::cancellation_signal{};
    auto slow = registry_outcome<schema_ptr>{};
    auto next = registry_outcome<schema_ptr>{};
    registry.async_schema(1, asio::bind_cancellation_slot(cancel.slot(), slow.handler()));
    registry.async_schema(2, next.handler());
    asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
    run();
    BOOST_TEST((slow.code() == asio::error::operation_aborted), slow.text());
    BOOST_TEST(next.succeeded(), next.text());
}

BOOST_FIXTURE_TEST_CASE(a_turn_that_does_not_come_in_time_is_an_error_that_names_the_limit, turns_fixture)
{
    auto text = std::string{};
    auto again = false;
    auto const waiting = [&]() -> asio::awaitable<void>
    {
        try
        {
            auto const mine = co_await turns.take(nobody, clock::now());
        }
        catch (exchange_error const& error)
        {
            text = error.what();
            again = error.worth_retrying;
        }
    };
    start(waiting);
    run();
    BOOST_TEST(text.find("all 1 connections (schema_registry_settings::max_connections)") == 0U, text);
    BOOST_TEST(again);
}

BOOST_FIXTURE_TEST_CASE(turns_come_in_order_and_pass_by_who_has_gone, turns_fixture)
{
    auto order = std::vector<int>{};
    auto controls = std::array<exchange_control, 3>{};
    auto const waiting = [&](int number) -> asio::awaitable<void>
    {
        auto const mine = co_await turns.take(controls.at(static_cast<std::size_t>(number)), clock::time_point::max());
        order.push_back(number);
    };
    for (auto const number : {0, 1, 2})
        asio::co_spawn(io, waiting(number), asio::detached);
    io.restart();
    io.poll();
    BOOST_TEST(turns.taken() == 1U);
    controls[0].abort();
    first.reset();
    controls[1].abort(); // its turn has just come
    run();
    BOOST_TEST(order == std::vector<int>{2}, boost::test_tools::per_element());
    BOOST_TEST(turns.taken() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::connections_test

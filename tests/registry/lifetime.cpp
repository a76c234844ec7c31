// Executors, cancellation, and clients that go away.

#include "registry/fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <thread>

namespace paperboy::test::lifetime_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Runs the context until the server has seen a request.
void run_until_asked(registry_fixture& fixture, scripted_server const& server)
{
    fixture.io.restart();
    auto runner = std::thread{[&] { fixture.io.run(); }};
    BOOST_TEST(server.await_requests(1));
    fixture.io.stop();
    runner.join();
}

asio::awaitable<void> fetch(schema_registry registry, std::string& said)
{
    auto const found = co_await registry.async_schema(1, asio::use_awaitable);
    said = found->text;
    try
    {
        co_await registry.async_schema(2, asio::use_awaitable);
    }
    catch (registry_error const& error)
    {
        said += error.what();
    }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(registry_lifetime, registry_fixture)

BOOST_AUTO_TEST_CASE(coroutines_get_the_value_or_the_exception)
{
    auto server = scripted_server{in_turn({a_schema("text"), unknown_id()})};
    auto said = std::string{};
    asio::co_spawn(io, fetch(schema_registry{io, server.url()}, said), asio::detached);
    run();
    BOOST_TEST(said.starts_with("textpaperboy: schema registry: "), said);
}

BOOST_AUTO_TEST_CASE(futures_work_from_another_thread)
{
    auto server = scripted_server{in_turn({a_schema()})};
    auto const registry = schema_registry{io, server.url()};
    auto work = asio::make_work_guard(io);
    auto runner = std::thread{[&] { io.run(); }};
    BOOST_TEST(registry.async_schema(7, asio::use_future).get()->id == 7);
    work.reset();
    runner.join();
}

BOOST_AUTO_TEST_CASE(handlers_run_on_their_executor_and_never_at_once)
{
    auto server = scripted_server{in_turn({a_schema()})};
    auto const registry = schema_registry{io, server.url()};
    for (auto i = 0; i < 2; ++i)
    {
        auto const strand = asio::make_strand(io);
        auto inside = false;
        auto initiating = false;
        auto called_inside = false;
        asio::post(io,
                   [&]
                   {
                       initiating = true;
                       registry.async_schema(7, asio::bind_executor(strand,
                                                                    [&](std::exception_ptr const&, schema_ptr const&)
                                                                    {
                                                                        inside = strand.running_in_this_thread();
                                                                        called_inside = initiating;
                                                                    }));
                       initiating = false;
                   });
        run();
        BOOST_TEST(inside);
        BOOST_TEST(!called_inside);
    }
}

BOOST_AUTO_TEST_CASE(the_last_copy_aborts_what_is_outstanding)
{
    auto server = scripted_server{in_turn({a_schema().after(30s)})};
    auto out = registry_outcome<schema_ptr>{};
    {
        auto registry = std::optional<schema_registry>{std::in_place, io, server.url()};
        auto const copy = std::make_unique<schema_registry>(*registry);
        registry->async_schema(7, out.handler());
        registry.reset();
        run_until_asked(*this, server);
        BOOST_TEST(out.completions == 0);
    }
    auto const began = std::chrono::steady_clock::now();
    run();
    BOOST_TEST(out.completions == 1);
    BOOST_TEST((out.code() == asio::error::operation_aborted), out.text());
    BOOST_TEST((std::chrono::steady_clock::now() - began < 20s));
}

BOOST_AUTO_TEST_CASE(a_context_may_go_in_the_middle)
{
    auto server = scripted_server{in_turn({a_schema().after(30s)})};
    auto out = registry_outcome<schema_ptr>{};
    auto own = registry_fixture{};
    {
        auto const registry = schema_registry{own.io, server.url()};
        registry.async_schema(7, out.handler());
        run_until_asked(own, server);
    }
    BOOST_TEST(out.completions == 0);
}

BOOST_AUTO_TEST_CASE(cancellation_ends_the_wait_of_one_caller)
{
    auto server = scripted_server{in_turn({a_schema().after(3s)})};
    auto const registry = schema_registry{io, server.url()};
    auto cancel = asio::cancellation_signal{};
    auto first = registry_outcome<schema_ptr>{};
    auto second = registry_outcome<schema_ptr>{};
    registry.async_schema(7, asio::bind_cancellation_slot(cancel.slot(), first.handler()));
    registry.async_schema(7, second.handler());
    run_until_asked(*this, server);
    cancel.emit(asio::cancellation_type::terminal);
    run();
    BOOST_TEST((first.code() == asio::error::operation_aborted), first.text());
    BOOST_TEST(second.succeeded(), second.text());
    BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_request_ends_with_its_last_caller)
{
    auto server = scripted_server{in_turn({a_schema().after(30s), a_schema()})};
    auto const registry = schema_registry{io, server.url()};
    auto cancel = asio::cancellation_signal{};
    auto out = registry_outcome<schema_ptr>{};
    registry.async_schema(7, asio::bind_cancellation_slot(cancel.slot(), out.handler()));
    run_until_asked(*this, server);
    cancel.emit(asio::cancellation_type::terminal);
    auto const began = std::chrono::steady_clock::now();
    run();
    BOOST_TEST((out.code() == asio::error::operation_aborted), out.text());
    BOOST_TEST((std::chrono::steady_clock::now() - began < 20s));
    BOOST_TEST(get(registry, 7).succeeded());
}

BOOST_AUTO_TEST_CASE(many_threads_may_ask)
{
    auto server = scripted_server{in_turn({a_schema()})};
    auto const registry = schema_registry{io, server.url()};
    auto completed = std::atomic<int>{0};
    auto threads = std::vector<std::thread>{};
    auto work = asio::make_work_guard(io);
    for (auto i = 0; i < 2; ++i)
        threads.emplace_back([&] { io.run(); });
    for (auto i = 0; i < 2; ++i)
        threads.emplace_back(
            [&]
            {
                for (auto id = 0; id < 50; ++id)
                {
                    registry.async_schema(id % 10, [&](std::exception_ptr const& error, schema_ptr const&)
                                          { completed += error ? 1000 : 1; });
                    static_cast<void>(registry.find(id % 10));
                }
            });
    for (auto& each : {&threads[2], &threads[3]})
        each->join();
    work.reset();
    threads[0].join();
    threads[1].join();
    BOOST_TEST(completed == 100);
    BOOST_TEST(server.requests().size() == 10U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::lifetime_test

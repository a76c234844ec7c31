// Engines and io_contexts that go away in the middle of a run.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/ordering_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/eventfd.h>

namespace paperboy::lifetime_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::at_least;
using test::collecting_handler;
using test::hang_log;
using test::mock_fixture;
using test::outcome_of_run;
using test::seen_records;

// Shares what it sees, since it may outlive a test's engine.
struct owned_seen
{
    std::shared_ptr<seen_records> seen = std::make_shared<seen_records>();
    void on_message(record_view const& record) { collecting_handler{*seen}.on_message(record); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(lifetime_suite, mock_fixture)

BOOST_AUTO_TEST_CASE(a_destroyed_engines_run_is_a_terminal_cancellation)
{
    produce(topic, 0, 5);
    auto hanging = test::watched<hang_log>{};
    auto settings = this->settings();
    settings.commit.interval = 1h;
    auto consuming = std::make_unique<engine>(io.context(), settings);
    consuming->handle(topic, test::hanging_handler{hanging, 3});
    auto run = outcome_of_run::start(*consuming);
    BOOST_TEST(hanging.wait_until(test::begun(3)));
    consuming.reset();
    BOOST_TEST(run.get() == asio::error::operation_aborted);
    BOOST_TEST(hanging.get().left == 1);
    BOOST_TEST(watcher->seen.get().commits.empty());
}

BOOST_AUTO_TEST_CASE(assigning_over_a_running_engine_ends_its_run)
{
    produce(topic, 0, 1);
    auto const handler = owned_seen{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, handler);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(handler.seen->wait_until(at_least(1)));
    consuming = engine{io.context(), settings()};
    BOOST_TEST(run.get() == asio::error::operation_aborted);
    auto next = outcome_of_run::start(consuming);
    BOOST_TEST(next.get() == make_error_code(errc::no_handler));
}

BOOST_AUTO_TEST_CASE(a_moved_engine_goes_on)
{
    produce(topic, 0, 1);
    auto const handler = owned_seen{};
    auto first = engine{io.context(), settings()};
    first.handle(topic, handler);
    auto run = outcome_of_run::start(first);
    auto second = std::move(first);
    BOOST_TEST(handler.seen->wait_until(at_least(1)));
    second.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(an_engine_destroyed_from_its_own_completion)
{
    produce(topic, 0, 1);
    auto const handler = owned_seen{};
    auto consuming = std::make_unique<engine>(io.context(), settings());
    consuming->handle(topic, handler);
    auto done = std::promise<error_code>{};
    consuming->async_run(
        [&](error_code result)
        {
            consuming.reset();
            done.set_value(result);
        });
    BOOST_TEST(handler.seen->wait_until(at_least(1)));
    consuming->stop();
    auto result = done.get_future();
    BOOST_REQUIRE((result.wait_for(test::patience) == std::future_status::ready));
    BOOST_TEST(result.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(a_context_that_never_runs)
{
    auto told = 0;
    {
        auto never = asio::io_context{};
        auto consuming = engine{never, settings()};
        consuming.handle(topic, owned_seen{});
        consuming.async_run([&](error_code) { ++told; });
        consuming.stop();
    }
    BOOST_TEST(told == 0);
}

BOOST_AUTO_TEST_CASE(a_context_that_stops_running_before_the_engine_goes)
{
    produce(topic, 0, 1);
    auto const handler = owned_seen{};
    auto told = 0;
    {
        auto threads = test::io_threads{};
        auto consuming = engine{threads.context(), settings()};
        consuming.handle(topic, handler);
        consuming.async_run([&](error_code) { ++told; });
        BOOST_TEST(handler.seen->wait_until(at_least(1)));
        threads.halt();
    }
    BOOST_TEST(told == 0);
}

BOOST_AUTO_TEST_CASE(a_context_that_goes_with_a_hook_inside)
{
    produce(topic, 0, 5);
    auto hanging = test::watched<hang_log>{};
    {
        auto threads = test::io_threads{};
        auto consuming = engine{threads.context(), settings()};
        consuming.handle(topic, test::hanging_handler{hanging, 3});
        consuming.async_run([](error_code) {});
        BOOST_TEST(hanging.wait_until(test::begun(3)));
        threads.halt();
    }
    BOOST_TEST(hanging.get().cancelled == 0);
    BOOST_TEST(hanging.get().left == 1);
}

BOOST_AUTO_TEST_CASE(a_context_that_goes_while_the_group_is_left)
{
    produce(topic, 0, 5);
    auto hanging = test::watched<hang_log>{};
    auto const started = std::chrono::steady_clock::now();
    {
        auto settings = this->settings();
        settings.log = log.sink(log_level::debug);
        settings.properties["debug"] = "cgrp";
        auto threads = test::io_threads{};
        auto consuming = engine{threads.context(), settings};
        consuming.handle(topic, test::hanging_handler{hanging, 3});
        consuming.async_run([](error_code) {});
        BOOST_TEST(hanging.wait_until(test::begun(3)));
        consuming.stop();
        BOOST_TEST(log.wait_for("delegating revoke of 4 partition(s) to application"), log);
        threads.halt();
    }
    BOOST_TEST(hanging.get().left == 1);
    BOOST_TEST((std::chrono::steady_clock::now() - started < test::patience));
}

BOOST_AUTO_TEST_CASE(an_engine_that_outlives_its_context)
{
    produce(topic, 0, 1);
    auto const handler = owned_seen{};
    auto consuming = std::optional<engine>{};
    {
        auto threads = test::io_threads{};
        consuming.emplace(threads.context(), settings());
        consuming->handle(topic, handler);
        consuming->async_run([](error_code) {});
        BOOST_TEST(handler.seen->wait_until(at_least(1)));
    }
    consuming->stop();
    BOOST_TEST(consuming->stats().records == 1U);
    BOOST_TEST(consuming->stats().partitions.empty());
}

BOOST_AUTO_TEST_CASE(an_engine_that_its_context_owns)
{
    produce(topic, 0, 1);
    auto const handler = owned_seen{};
    {
        auto threads = test::io_threads{};
        auto const program = [](asio::io_context& context, config given, std::string where,
                                owned_seen mine) -> asio::awaitable<void>
        {
            auto consuming = engine{context, std::move(given)};
            consuming.handle(std::move(where), std::move(mine));
            co_await consuming.async_run(asio::use_awaitable);
        };
        asio::co_spawn(threads.context(), program(threads.context(), settings(), topic, handler), asio::detached);
        BOOST_TEST(handler.seen->wait_until(at_least(1)));
        threads.halt();
    }
    BOOST_TEST(handler.seen.use_count() == 1);
}

// The frames of hooks that wait go with the io_context, and the pipeline with them.
BOOST_FIXTURE_TEST_CASE(an_io_context_that_goes_away_takes_the_overlapping_hooks_with_it, test::ordering_fixture)
{
    produce_keys(0, 100, 100);
    auto hanging = test::watched<hang_log>{};
    {
        auto own = test::io_threads{};
        auto consuming = engine{own.context(), settings()};
        consuming.handle(topic, test::hanging_handler{hanging, 20}, test::by_key(8));
        consuming.async_run([](error_code) {});
        BOOST_TEST(hanging.wait_until([](auto const& all) { return all.finished.size() == 99; }));
        own.halt();
    }
    BOOST_TEST(hanging.get().left == 1);
}

// Also when nobody but the run has the handler any more: it outlives the frames of its hooks.
BOOST_FIXTURE_TEST_CASE(a_handler_outlives_its_overlapping_hooks_when_the_io_context_goes_away, test::ordering_fixture)
{
    struct lifetimes
    {
        int handlers = 0;
        int waiting = 0;
        int orphans = 0;
        int left = 0;
    };
    struct counted_handler
    {
        struct leaving
        {
            test::watched<lifetimes>* log;
            ~leaving()
            {
                log->update(
                    [](auto& all)
                    {
                        ++all.left;
                        all.orphans += all.handlers == 0 ? 1 : 0;
                    });
            }
        };
        using descriptor = asio::posix::stream_descriptor;
        counted_handler(test::watched<lifetimes>& to, descriptor& on) : log{&to}, waits_on{&on} { count(1); }
        counted_handler(counted_handler const& other) : log{other.log}, waits_on{other.waits_on} { count(1); }
        ~counted_handler() { count(-1); }
        void count(int by)
        {
            log->update([by](auto& all) { all.handlers += by; });
        }

        asio::awaitable<void> on_message(record_view const&)
        {
            auto const guard = leaving{log};
            log->update([](auto& all) { ++all.waiting; });
            co_await waits_on->async_wait(descriptor::wait_read, asio::use_awaitable);
        }

        test::watched<lifetimes>* log;
        descriptor* waits_on;
    };
    produce_keys(0, 8, 8);
    auto seen = test::watched<lifetimes>{};
    {
        auto own = test::io_threads{};
        // Older than the engine's own descriptors, so its waits are the last to be given up.
        auto silent = asio::posix::stream_descriptor{own.context(), ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
        auto consuming = engine{own.context(), settings()};
        consuming.handle(topic, counted_handler{seen, silent}, test::by_key(8));
        consuming.async_run([](error_code) {});
        BOOST_TEST(seen.wait_until([](auto const& all) { return all.waiting == 8; }));
        own.halt();
    }
    BOOST_TEST(seen.get().left == 8);
    BOOST_TEST(seen.get().orphans == 0);
    BOOST_TEST(seen.get().handlers == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::lifetime_test

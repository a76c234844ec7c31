// What an engine says of its health and of its lag, without a server.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"

#include <paperboy/engine_monitor.hpp>

namespace paperboy::health_test
{
namespace
{

using namespace std::chrono_literals;
using test::eventually;
using test::mock_fixture;
using test::outcome_of_run;

struct failing_handler
{
    void on_message(record_view const& record)
    {
        if (record.offset() == 2)
            throw std::runtime_error{"no more lamps"};
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(health_suite, mock_fixture)

BOOST_AUTO_TEST_CASE(a_run_is_followed_from_its_start_to_its_end)
{
    produce(topic, 0, 5);
    auto blocked = test::watched<test::blocking_handler::state>{};
    auto consuming = engine{io.context(), settings()};
    auto const monitor = engine_monitor{consuming};
    consuming.handle(topic, test::blocking_handler{blocked, 2});
    BOOST_TEST((consuming.health().status == engine_status::stopped));
    BOOST_TEST(consuming.health().reason == "async_run has not been called");

    auto run = outcome_of_run::start(consuming);
    auto const starting = consuming.health();
    BOOST_TEST((starting.status == engine_status::starting));
    BOOST_TEST(starting.reason == "joining group \"" + settings().group_id + "\" at " + settings().bootstrap_servers);
    BOOST_TEST(!starting.ready());

    BOOST_TEST(blocked.wait_until([](auto const& state) { return state.inside; }));
    auto const running = monitor.health();
    BOOST_TEST((running.status == engine_status::running));
    BOOST_TEST(running.ready());
    BOOST_TEST(running.partitions == std::size_t{partitions});
    BOOST_TEST(running.reason == "assigned 4 partitions");

    consuming.stop();
    BOOST_TEST(eventually([&] { return consuming.health().status == engine_status::stopping; }));
    BOOST_TEST(consuming.health().reason == "stop() was called");
    blocked.update([](auto& state) { state.open = true; });
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST((consuming.health().status == engine_status::stopped));
    BOOST_TEST(consuming.health().partitions == 0U);
}

BOOST_AUTO_TEST_CASE(a_failure_stays_with_the_line_that_names_it)
{
    produce(topic, 0, 5);
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, failing_handler{});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    auto const failed = consuming.health();
    BOOST_TEST((failed.status == engine_status::failed));
    BOOST_TEST(failed.reason == topic + "[0]@2: on_message failed: no more lamps");
    BOOST_TEST(!failed.alive());
    BOOST_TEST(failed.started());
    auto const topics = consuming.stats().topics;
    BOOST_REQUIRE(topics.size() == 1U);
    BOOST_TEST(topics[0].topic == topic);
    BOOST_TEST(topics[0].failed == 1U);
}

BOOST_AUTO_TEST_CASE(an_engine_that_is_gone_has_no_health)
{
    auto consuming = std::make_unique<engine>(io.context(), settings());
    auto const monitor = engine_monitor{*consuming};
    auto moved = std::make_unique<engine>(std::move(*consuming));
    consuming.reset();
    BOOST_TEST(monitor.stats().group_id == settings().group_id);
    moved.reset();
    BOOST_TEST(monitor.health().reason == "the engine is gone");
    BOOST_TEST(monitor.stats().group_id.empty());
}

BOOST_AUTO_TEST_CASE(lag_is_known_in_records_and_in_seconds_while_the_first_record_is_stuck)
{
    produce(topic, 0, 5);
    auto blocked = test::watched<test::blocking_handler::state>{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, test::blocking_handler{blocked, 0});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(blocked.wait_until([](auto const& state) { return state.inside; }));
    auto const all = consuming.stats().partitions;
    BOOST_REQUIRE(all.size() == std::size_t{partitions});
    BOOST_TEST(all[0].lag.value_or(-1) == 5);
    BOOST_TEST(all[0].high_watermark.value_or(-1) == 5);
    BOOST_TEST(all[0].in_flight > 0U);
    BOOST_REQUIRE(all[0].lag_age.has_value());
    BOOST_TEST((*all[0].lag_age >= 0ms));
    BOOST_TEST((*all[0].lag_age < 10min));

    blocked.update([](auto& state) { state.open = true; });
    BOOST_TEST(eventually([&] { return consuming.stats().records == 5; }));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    auto const after = consuming.stats();
    BOOST_REQUIRE(after.topics.size() == 1U);
    BOOST_TEST(after.topics[0].batches.count > 0U);
    BOOST_TEST(after.commit_durations.count > 0U);
    BOOST_TEST(after.revocations > 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::health_test

// When finished offsets are committed.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::test::commit_policy_test
{
namespace
{

using namespace std::chrono_literals;

struct fixture
{
    std::string topic = cluster{}.make_topic("commit", 2);
    std::string group = unique_name("commit");
    producer sender;
    journal log;
    group_view view{group};

    void produce(int first, int count)
    {
        sender.send_numbered(topic, 2, first, count);
        sender.flush();
    }
    [[nodiscard]] config settings(commit_policy policy)
    {
        auto chosen = test_config(group);
        chosen.commit = policy;
        chosen.watcher = std::make_shared<journaling_observer>(log, "engine");
        return chosen;
    }
    [[nodiscard]] running_engine::set_up handler()
    {
        return [this](engine& e) { e.handle(topic, journaling_handler{log, "engine"}); };
    }
    [[nodiscard]] std::map<std::int32_t, std::int64_t> committed() { return view.committed(topic, 2); }
};

using offsets = std::map<std::int32_t, std::int64_t>;

} // namespace

BOOST_FIXTURE_TEST_CASE(the_interval_commits, fixture)
{
    produce(0, 50);
    auto engine = running_engine{"engine", settings({.interval = 50ms}), handler()};
    BOOST_TEST(eventually([&] { return committed() == offsets{{0, 50}, {1, 50}}; }));
    produce(50, 50);
    BOOST_TEST(eventually([&] { return committed() == offsets{{0, 100}, {1, 100}}; }));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(log.violations() == "");
}

BOOST_FIXTURE_TEST_CASE(a_count_commits_long_before_the_interval, fixture)
{
    produce(0, 50);
    auto engine = running_engine{"engine", settings({.interval = 1h, .records = 100}), handler()};
    BOOST_TEST(eventually([&] { return committed() == offsets{{0, 50}, {1, 50}}; }));
    BOOST_TEST(log.await([&] { return log.commits() == 1; }));
    produce(50, 10);
    BOOST_TEST(log.await([&] { return log.finished_count() == 120; }));
    BOOST_TEST(log.commits() == 1U);
    produce(60, 40);
    BOOST_TEST(eventually([&] { return committed() == offsets{{0, 100}, {1, 100}}; }));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(log.violations() == "");
}

BOOST_FIXTURE_TEST_CASE(stop_commits_and_a_restart_goes_on_exactly_there, fixture)
{
    produce(0, 50);
    {
        auto engine = running_engine{"engine", settings({.interval = 1h}), handler()};
        BOOST_TEST(log.await([&] { return log.finished_count() == 100; }));
        BOOST_TEST(committed().empty());
        BOOST_TEST(!engine.stop());
        BOOST_TEST((committed() == offsets{{0, 50}, {1, 50}}));
        BOOST_TEST(engine->stats().commits == 1U);
        BOOST_TEST(engine->stats().last_commit.has_value());
    }
    produce(50, 50);
    auto engine = running_engine{"engine", settings({.interval = 1h}), handler()};
    BOOST_TEST(log.await([&] { return log.finished_count() == 200; }));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST((committed() == offsets{{0, 100}, {1, 100}}));
    BOOST_TEST(log.violations() == "");
}

// An engine may run again after its run has ended.
BOOST_FIXTURE_TEST_CASE(a_second_run_of_the_same_engine_goes_on_where_the_first_ended, fixture)
{
    produce(0, 10);
    auto context = boost::asio::io_context{};
    auto again = engine{context, settings({.interval = 1h})};
    again.handle(topic, journaling_handler{log, "engine"});
    for (auto run = 1; run <= 2; ++run)
    {
        auto result = std::optional<error_code>{};
        again.async_run([&](error_code error) { result = error; });
        {
            auto const thread = std::jthread{[&] { context.run(); }};
            BOOST_TEST(log.await([&] { return log.finished_count() == static_cast<std::size_t>(run) * 20; }));
            again.stop();
        }
        BOOST_TEST_REQUIRE(result.has_value());
        BOOST_TEST(!*result);
        context.restart();
        produce(run * 10, 10);
    }
    BOOST_TEST(log.finished_count() == 40U);
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

} // namespace paperboy::test::commit_policy_test

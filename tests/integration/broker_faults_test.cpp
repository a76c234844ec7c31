// The broker is killed or stands still.

#include "integration/faults.hpp"
#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>

namespace paperboy::test::broker_faults_test
{
namespace
{

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
namespace asio = boost::asio;

constexpr int partitions = 4;
constexpr auto shutdown_timeout = 3s; // where a broker is away

struct unhurried_handler
{
    journal& log;

    asio::awaitable<void> on_message(record_view const& record)
    {
        static std::string const name = "engine";
        auto span = hook_span{log, name, record};
        auto timer = asio::steady_timer{co_await asio::this_coro::executor, 1ms};
        co_await timer.async_wait(asio::use_awaitable);
        span.done();
    }
};

struct fixture
{
    own_broker const& broker = victim();
    std::string servers = broker.servers();
    std::string topic = cluster{servers}.make_topic("faults", partitions);
    std::string group = unique_name("faults");
    journal log;
    int produced = 0;

    void produce(int count)
    {
        auto sender = producer{servers};
        sender.send_numbered(topic, partitions, produced, count);
        sender.flush();
        produced += count;
    }
    [[nodiscard]] config settings()
    {
        auto chosen = test_config(group, servers);
        chosen.properties["reconnect.backoff.max.ms"] = "500";
        chosen.shutdown_timeout = 60s;
        chosen.watcher = std::make_shared<journaling_observer>(log, "engine");
        return chosen;
    }
    [[nodiscard]] config hurried_settings()
    {
        auto chosen = settings();
        chosen.shutdown_timeout = shutdown_timeout;
        return chosen;
    }
    [[nodiscard]] running_engine::set_up handler()
    {
        return [this](engine& e) { e.handle(topic, unhurried_handler{log}); };
    }
    [[nodiscard]] bool all_finished()
    {
        return log.await([&] { return log.finished_count() == static_cast<std::size_t>(produced * partitions); }, 60s);
    }
    void check_committed()
    {
        auto const committed = group_view{group, servers}.committed(topic, partitions);
        for (auto partition = 0; partition < partitions; ++partition)
            BOOST_TEST(committed.at(partition) == produced);
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(consumption_goes_on_after_the_broker_was_killed_and_came_back, fixture)
{
    produce(2000);
    auto engine = running_engine{"engine", settings(), handler(), 2};
    BOOST_TEST(log.await([&] { return log.finished_count() > 1000; }));
    broker.kill();
    BOOST_TEST(engine.logged("cannot reach " + servers, 10s));
    broker.start();
    BOOST_TEST(broker.servers() == servers);
    produce(500);
    BOOST_TEST(all_finished());
    BOOST_TEST(!engine.stop());
    BOOST_TEST(log.violations() == "");
    check_committed();
}

BOOST_FIXTURE_TEST_CASE(consumption_goes_on_after_the_broker_stood_still, fixture)
{
    produce(2000);
    auto engine = running_engine{"engine", settings(), handler(), 2};
    BOOST_TEST(log.await([&] { return log.finished_count() > 1000; }));
    broker.signal(SIGSTOP);
    // What is fetched is handled; what is handled cannot be committed.
    BOOST_TEST(!log.await([&, before = log.commits()] { return log.commits() > before + 1; }, 2s));
    broker.signal(SIGCONT);
    produce(500);
    BOOST_TEST(all_finished());
    BOOST_TEST(!engine.stop());
    BOOST_TEST(log.violations() == "");
    check_committed();
}

BOOST_FIXTURE_TEST_CASE(stop_with_the_broker_dead_ends_in_time_and_says_that_work_is_uncommitted, fixture)
{
    produce(2000);
    auto const began = [&]
    {
        auto engine = running_engine{"engine", hurried_settings(), handler()};
        BOOST_TEST(log.await([&] { return log.finished_count() > 1000; }));
        broker.kill();
        auto const stopped = clock::now();
        BOOST_TEST((engine.stop() == errc::shutdown_timeout));
        BOOST_TEST((clock::now() - stopped < shutdown_timeout + 15s));
        return stopped;
    }();
    BOOST_TEST((clock::now() - began < shutdown_timeout + 20s), "the engine's destruction takes long");
    BOOST_TEST(log.violations() == "");

    broker.start();
    auto engine = running_engine{"engine", settings(), handler()};
    BOOST_TEST(all_finished());
    BOOST_TEST(!engine.stop());
    BOOST_TEST(log.violations() == "");
    check_committed();
}

BOOST_FIXTURE_TEST_CASE(stop_with_the_broker_dead_and_nothing_to_commit_succeeds, fixture)
{
    produce(10);
    auto engine = running_engine{"engine", hurried_settings(), handler()};
    BOOST_TEST(all_finished());
    // The engine knows that all is committed; the group may know it earlier.
    BOOST_TEST(eventually(
        [&]
        {
            auto const all = engine->stats().partitions;
            return all.size() == partitions &&
                   std::ranges::all_of(all, [&](auto const& each) { return each.committed == produced; });
        }));
    broker.kill();
    auto const stopped = clock::now();
    auto const result = engine.stop();
    BOOST_TEST(!result, result.message());
    BOOST_TEST((clock::now() - stopped < shutdown_timeout + 15s));
}

BOOST_FIXTURE_TEST_CASE(stop_while_the_broker_stands_still_ends_in_time, fixture)
{
    produce(2000);
    auto uncommitted = hurried_settings();
    uncommitted.commit.interval = 1h;
    auto engine = running_engine{"engine", uncommitted, handler()};
    BOOST_TEST(log.await([&] { return log.finished_count() > 1000; }));
    broker.signal(SIGSTOP);
    auto const stopped = clock::now();
    BOOST_TEST((engine.stop() == errc::shutdown_timeout));
    BOOST_TEST((clock::now() - stopped < shutdown_timeout + 15s));
    broker.signal(SIGCONT);
    BOOST_TEST(log.violations() == "");
}

BOOST_FIXTURE_TEST_CASE(an_engine_that_starts_before_its_broker_waits_or_gives_up_at_its_deadline, fixture)
{
    produce(10);
    broker.kill();
    auto patient = running_engine{"engine", settings(), handler()};
    {
        auto hurried = settings();
        hurried.connect_timeout = 500ms;
        hurried.watcher = nullptr;
        auto giving_up = running_engine{"hurried", std::move(hurried), handler()};
        BOOST_TEST((giving_up.wait() == errc::connect_timeout));
        BOOST_TEST(giving_up->last_failure().text.find(servers) != std::string::npos);
    }
    BOOST_TEST(patient.logged("cannot reach " + servers, 10s));
    broker.start();
    BOOST_TEST(all_finished());
    BOOST_TEST(!patient.stop());
    check_committed();
}

} // namespace paperboy::test::broker_faults_test

// Engines of one group: they share the partitions, and clean handovers lose and repeat nothing.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"
#include "support/incremental.hpp"

#include <paperboy/admin.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace paperboy::test::sharing_test
{
namespace
{

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr int partitions = 8;

// A millisecond a record, so that each handover meets hooks in flight and fetched records.
struct unhurried_handler
{
    journal& log;
    std::string engine;

    asio::awaitable<void> on_message(record_view const& record)
    {
        auto span = hook_span{log, engine, record};
        auto timer = asio::steady_timer{co_await asio::this_coro::executor, 1ms};
        co_await timer.async_wait(asio::use_awaitable);
        span.done();
    }
};

// Keeps every partition some way ahead of the handlers until told to stop.
class steady_producer
{
public:
    steady_producer(journal const& log, std::string topic)
        : log_{log}, topic_{std::move(topic)}, thread_{[this](std::stop_token const& end) { run(end); }}
    {
    }

    // Returns how many records each partition got.
    int finish()
    {
        thread_.request_stop();
        thread_.join();
        return count_;
    }

private:
    void run(std::stop_token const& end)
    {
        auto sender = producer{};
        while (!end.stop_requested())
        {
            sender.send_numbered(topic_, partitions, count_, chunk);
            sender.flush();
            count_ += chunk;
            auto const enough = static_cast<std::size_t>(partitions * std::max(0, count_ - 2 * chunk));
            while (!end.stop_requested() && !log_.await([&] { return log_.finished_count() >= enough; }, 50ms))
            {
            }
        }
    }

    static constexpr int chunk = 50;

    journal const& log_;
    std::string topic_;
    int count_ = 0;
    std::jthread thread_;
};

struct fixture
{
    std::string topic = cluster{}.make_topic("sharing", partitions);
    std::string group = unique_name("sharing");
    properties more;
    std::vector<std::string> decided_by_brokers;
    journal log;

    [[nodiscard]] std::unique_ptr<running_engine> join(std::string const& name, int threads = 1)
    {
        auto settings = test_config(group);
        settings.properties.insert(more.begin(), more.end());
        for (auto const& each : decided_by_brokers)
            settings.properties.erase(each);
        settings.watcher = std::make_shared<journaling_observer>(log, name);
        return std::make_unique<running_engine>(
            name, std::move(settings), [this, name](engine& e) { e.handle(topic, unhurried_handler{log, name}); },
            threads);
    }
    [[nodiscard]] bool comes_to_work(std::string const& name, std::size_t owned)
    {
        return log.await([&] { return log.owned_by(name) == owned; }) &&
               log.await([&, before = log.finished_by(name)] { return log.finished_by(name) >= before + 200; });
    }
    void hand_over();
    void come_and_go();
};

struct cooperative_fixture : fixture
{
    cooperative_fixture() { more["partition.assignment.strategy"] = "cooperative-sticky"; }
};

// KIP-848.
struct consumer_protocol_fixture : fixture
{
    consumer_protocol_fixture()
    {
        more["group.protocol"] = "consumer";
        decided_by_brokers = {"session.timeout.ms", "heartbeat.interval.ms"};
    }
};

void fixture::hand_over()
{
    auto source = steady_producer{log, topic};
    auto const first = join("first");
    BOOST_TEST(comes_to_work("first", partitions));
    auto const second = join("second", 2);
    BOOST_TEST(comes_to_work("second", partitions / 2));
    BOOST_TEST(comes_to_work("first", partitions / 2));
    BOOST_TEST(!first->stop());
    BOOST_TEST(comes_to_work("second", partitions));
    auto const third = join("third");
    BOOST_TEST(comes_to_work("third", partitions / 2));
    BOOST_TEST(comes_to_work("second", partitions / 2));
    auto const produced = source.finish();
    BOOST_TEST(log.await([&] { return log.finished_count() == static_cast<std::size_t>(produced * partitions); }));
    BOOST_TEST(!second->stop());
    BOOST_TEST(!third->stop());

    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
    auto const committed = group_view{group}.committed(topic, partitions);
    for (auto partition = 0; partition < partitions; ++partition)
        BOOST_TEST(committed.at(partition) == produced);
}

// Rebalances one upon the other: members come and go while the group is still busy with the one before.
void fixture::come_and_go()
{
    auto source = steady_producer{log, topic};
    auto const anchor = join("anchor");
    BOOST_TEST(comes_to_work("anchor", partitions));
    for (auto round = 0; round < 3; ++round)
    {
        auto const name = std::to_string(round);
        auto const left = join("left" + name);
        auto const right = join("right" + name);
        BOOST_TEST(log.await([&] { return log.owned_by("left" + name) + log.owned_by("right" + name) > 0; }));
        (*left)->stop();
        BOOST_TEST(!right->stop());
        BOOST_TEST(!left->wait());
    }
    BOOST_TEST(comes_to_work("anchor", partitions));
    auto const produced = source.finish();
    BOOST_TEST(log.await([&] { return log.finished_count() == static_cast<std::size_t>(produced * partitions); }));
    BOOST_TEST(!anchor->stop());
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

} // namespace

BOOST_FIXTURE_TEST_CASE(one_leaves_another_joins_and_nothing_is_lost_or_repeated, fixture)
{
    hand_over();
}

BOOST_FIXTURE_TEST_CASE(members_that_come_and_go_at_once_lose_and_repeat_nothing, fixture)
{
    more["partition.assignment.strategy"] = "roundrobin";
    come_and_go();
}

BOOST_AUTO_TEST_SUITE(incremental_suite)

BOOST_AUTO_TEST_SUITE(cooperative_suite, *boost::unit_test::precondition(fit_to_cooperate))

BOOST_FIXTURE_TEST_CASE(members_take_over_and_nothing_is_lost_or_repeated, cooperative_fixture)
{
    hand_over();
}

BOOST_FIXTURE_TEST_CASE(members_that_come_and_go_at_once_lose_and_repeat_nothing, cooperative_fixture)
{
    come_and_go();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(consumer_protocol_suite, *boost::unit_test::precondition(fit_for_consumer_protocol))

BOOST_FIXTURE_TEST_CASE(members_take_over_and_nothing_is_lost_or_repeated, consumer_protocol_fixture)
{
    hand_over();
}

// Some leave while the brokers' first answer is on its way.
BOOST_FIXTURE_TEST_CASE(members_that_come_and_go_at_once_lose_and_repeat_nothing, consumer_protocol_fixture)
{
    come_and_go();
}

// Whatever its join has come to at that moment: the group is not to wait for its session to end.
BOOST_FIXTURE_TEST_CASE(a_member_that_leaves_as_it_comes_is_none_any_more, consumer_protocol_fixture)
{
    auto const anchor = join("anchor");
    BOOST_TEST(log.await([&] { return log.owned_by("anchor") == partitions; }));
    auto view = admin{test_config(group)};
    for (auto moment = 0; moment < 12; ++moment)
    {
        auto const guest = join("guest" + std::to_string(moment));
        BOOST_TEST(guest->logged("joining group", 10s));
        static_cast<void>(log.await([] { return false; }, moment * 5ms));
        BOOST_TEST(!guest->stop());
        BOOST_TEST(view.describe(group).members.size() == 1U);
    }
    BOOST_TEST(!anchor->stop());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::sharing_test

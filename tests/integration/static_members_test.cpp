// Members of a group that have names of their own: group.instance.id.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"
#include "support/incremental.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::test::static_members_test
{
namespace
{

using namespace std::chrono_literals;

struct fixture
{
    std::string topic = cluster{}.make_topic("static", 2);
    std::string group = unique_name("static");
    properties more;
    std::vector<std::string> decided_by_brokers;
    producer sender;
    journal log;

    [[nodiscard]] std::unique_ptr<running_engine> start(std::string const& name, std::string const& instance)
    {
        auto settings = test_config(group);
        // As long as a restart may take on a busy machine.
        settings.properties["session.timeout.ms"] = "30000";
        settings.properties.insert(more.begin(), more.end());
        for (auto const& each : decided_by_brokers)
            settings.properties.erase(each);
        settings.properties["group.instance.id"] = instance;
        settings.watcher = std::make_shared<journaling_observer>(log, name);
        return std::make_unique<running_engine>(name, std::move(settings), [=, this](engine& e)
                                                { e.handle(topic, journaling_handler{log, name}); });
    }
    void produce(int first)
    {
        sender.send_numbered(topic, 2, first, 10);
        sender.flush();
    }
    void restart_one();
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

void fixture::restart_one()
{
    auto const first = start("first", "a");
    auto second = start("second", "b");
    BOOST_TEST(log.await([&] { return log.owned_by("first") == 1 && log.owned_by("second") == 1; }));
    auto const assignments = (*first)->stats().assignments;
    produce(0);
    BOOST_TEST(log.await([&] { return log.finished_count() == 20; }));
    BOOST_TEST(!second->stop());
    second = start("second", "b");
    BOOST_TEST(log.await([&] { return log.owned_by("second") == 1; }));
    produce(10);
    BOOST_TEST(log.await([&] { return log.finished_count() == 40; }));
    BOOST_TEST((*first)->stats().assignments == assignments);
    BOOST_TEST(!second->stop());
    BOOST_TEST(!first->stop());
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_member_with_a_name_may_restart_and_the_others_go_on, fixture)
{
    restart_one();
}

BOOST_FIXTURE_TEST_CASE(a_member_whose_name_is_taken_ends_and_says_so, fixture)
{
    auto const first = start("first", "a");
    BOOST_TEST(log.await([&] { return log.owned_by("first") == 2; }));
    auto const second = start("second", "a");
    BOOST_TEST((first->wait() == errc::fenced));
    auto const text = (*first)->last_failure().text;
    BOOST_TEST(text.find(group) != std::string::npos, text);
    BOOST_TEST(text.find("give each instance one of its own") != std::string::npos, text);
    produce(0);
    BOOST_TEST(log.await([&] { return log.finished_count() == 20; }));
    BOOST_TEST(!second->stop());
}

BOOST_AUTO_TEST_SUITE(incremental_suite, *boost::unit_test::precondition(fit_for_consumer_protocol))

BOOST_FIXTURE_TEST_CASE(a_member_with_a_name_may_restart_and_the_others_go_on, consumer_protocol_fixture)
{
    restart_one();
}

// The other way round: who has the name keeps it.
BOOST_FIXTURE_TEST_CASE(a_name_that_is_taken_lets_nobody_else_in, consumer_protocol_fixture)
{
    auto const first = start("first", "a");
    BOOST_TEST(log.await([&] { return log.owned_by("first") == 2; }));
    auto const second = start("second", "a");
    BOOST_TEST((second->wait() == errc::fenced));
    auto const text = (*second)->last_failure().text;
    BOOST_TEST(text.find("give each instance one of its own") != std::string::npos, text);
    produce(0);
    BOOST_TEST(log.await([&] { return log.finished_by("first") == 20; }));
    BOOST_TEST(!first->stop());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::static_members_test

// A topic that a transactional producer writes: committed records arrive, aborted ones do not.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/test/unit_test.hpp>

#include <mutex>

namespace paperboy::test::transactions_test
{
namespace
{

struct fixture
{
    std::string topic = cluster{}.make_topic("transactions", 1);
    std::string group = unique_name("transactions");
    journal log;
    std::mutex mutex;
    std::vector<std::string> values;

    // Offsets: 0–9 committed, 10 marker, 11–20 aborted, 21 marker, 22–31 committed, 32 marker.
    fixture()
    {
        auto sender = producer{bootstrap_servers(), {{"transactional.id", group}}};
        for (auto const* name : {"first", "aborted", "second"})
        {
            sender.begin();
            for (auto i = 0; i < 10; ++i)
                sender.send(topic, {.value = name + std::to_string(i)});
            std::string_view{name} == "aborted" ? sender.abort() : sender.commit();
        }
        BOOST_TEST(cluster{}.end_offset(topic, 0) == 33);
    }

    struct keeping_handler
    {
        fixture& test;

        void on_message(record_view const& record)
        {
            {
                auto const lock = std::scoped_lock{test.mutex};
                test.values.emplace_back(record.value());
            }
            journaling_handler{test.log, "engine"}.on_message(record);
        }
    };
    [[nodiscard]] std::unique_ptr<running_engine> run(properties const& more = {})
    {
        auto settings = test_config(group);
        settings.properties.insert(more.begin(), more.end());
        settings.watcher = std::make_shared<journaling_observer>(log, "engine");
        return std::make_unique<running_engine>("engine", std::move(settings),
                                                [this](engine& e) { e.handle(topic, keeping_handler{*this}); });
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(aborted_records_do_not_arrive, fixture)
{
    {
        auto const engine = run();
        BOOST_TEST(log.await([&] { return log.finished_count() == 20; }));
        // The end lies behind a marker that no hook gets to see: in front of it, a partition is one offset behind.
        auto const caught_up = [&]
        {
            auto const stats = (*engine)->stats();
            return stats.partitions.size() == 1 && stats.partitions[0].position == 32 && stats.partitions[0].lag == 1;
        };
        BOOST_TEST(eventually(caught_up));
        BOOST_TEST(!engine->stop());
    }
    BOOST_TEST(values.size() == 20U);
    BOOST_TEST(values.front() == "first0");
    BOOST_TEST(values[10] == "second0");
    BOOST_TEST((group_view{group}.committed(topic, 1) == std::map<std::int32_t, std::int64_t>{{0, 32}}));

    // A restart, with the position in front of a marker, takes up what comes later and nothing else.
    auto sender = producer{bootstrap_servers(), {{"transactional.id", group}}};
    sender.begin();
    sender.send(topic, {.value = "third"});
    sender.commit();
    auto const engine = run();
    BOOST_TEST(log.await([&] { return log.finished_count() == 21; }));
    BOOST_TEST(!engine->stop());
    BOOST_TEST(values.back() == "third");
    BOOST_TEST(log.repeated() == 0U);
}

BOOST_FIXTURE_TEST_CASE(aborted_records_arrive_when_the_properties_say_so, fixture)
{
    auto const engine = run({{"isolation.level", "read_uncommitted"}});
    BOOST_TEST(log.await([&] { return log.finished_count() == 30; }));
    BOOST_TEST(!engine->stop());
    BOOST_TEST(values[10] == "aborted0");
}

} // namespace paperboy::test::transactions_test

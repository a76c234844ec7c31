// Where a group without committed offsets starts.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::test
{
namespace
{

struct fixture
{
    std::string topic = cluster{}.make_topic("start", 2);
    producer sender;
    journal log;

    fixture()
    {
        sender.send_numbered(topic, 2, 0, 10);
        sender.flush();
    }

    [[nodiscard]] config settings(offset_reset reset)
    {
        auto chosen = test_config(unique_name("start"));
        chosen.auto_offset_reset = reset;
        chosen.watcher = std::make_shared<journaling_observer>(log, "engine");
        return chosen;
    }
    [[nodiscard]] running_engine::set_up handler()
    {
        return [this](engine& e) { e.handle(topic, journaling_handler{log, "engine"}); };
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(earliest_starts_at_the_oldest_record, fixture)
{
    auto engine = running_engine{"engine", settings(offset_reset::earliest), handler()};
    BOOST_TEST(log.await([&] { return log.finished_count() == 20; }));
    BOOST_TEST(log.finisher({topic, 0}, 0) == "engine");
    BOOST_TEST(!engine.stop());
}

// Nothing says when a partition's end has been looked up: a record that is produced later than that shows it.
BOOST_FIXTURE_TEST_CASE(latest_starts_at_the_end, fixture)
{
    auto engine = running_engine{"engine", settings(offset_reset::latest), handler()};
    BOOST_TEST(log.await([&] { return log.owned_by("engine") == 2; }));
    auto next = 10;
    BOOST_TEST(eventually(
        [&]
        {
            sender.send_numbered(topic, 2, next++, 1);
            sender.flush();
            return log.finished_count() > 0;
        }));
    BOOST_TEST(log.await([&] { return log.finisher({topic, 0}, next - 1) == "engine"; }));
    BOOST_TEST(!engine.stop());
    for (auto old = 0; old < 10; ++old)
    {
        BOOST_TEST(log.starts_of({topic, 0}, old) == 0U);
        BOOST_TEST(log.starts_of({topic, 1}, old) == 0U);
    }
}

BOOST_FIXTURE_TEST_CASE(error_ends_the_engine_and_says_which_partition, fixture)
{
    auto engine = running_engine{"engine", settings(offset_reset::error), handler()};
    auto const result = engine.wait();
    BOOST_TEST(result.category().name() == "kafka");
    BOOST_TEST(result.value() == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET);
    BOOST_TEST((result == condition::fatal));
    BOOST_TEST((engine->last_failure().code == result));
    BOOST_TEST(engine->last_failure().text.find(topic) != std::string::npos, engine->last_failure().text);
    BOOST_TEST(log.finished_count() == 0U);
}

} // namespace paperboy::test

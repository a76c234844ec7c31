// Which topics an engine consumes, and what happens when one is missing.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::test::topics_test
{
namespace
{

using namespace std::chrono_literals;

// Librdkafka looks for topics that come and go this often.
constexpr auto refresh = "200";

struct fixture
{
    cluster admin;
    producer sender;
    journal log;
    std::string stem = unique_name("topics");

    [[nodiscard]] std::string make_topic(std::string const& ending, int partitions = 1)
    {
        auto name = stem + "-" + ending;
        admin.create_topic(name, partitions);
        return name;
    }
    void produce(std::string const& topic, std::string const& value)
    {
        sender.send(topic, {.value = value});
        sender.flush();
    }
    [[nodiscard]] config settings()
    {
        auto chosen = test_config(stem);
        chosen.properties["topic.metadata.refresh.interval.ms"] = refresh;
        chosen.watcher = std::make_shared<journaling_observer>(log, "engine");
        return chosen;
    }
};

// Remembers which handler got a topic's record.
struct routed_handler
{
    std::string name;
    std::map<std::string, std::string>& routes;
    journaling_handler journaling;

    void on_message(record_view const& record)
    {
        routes[std::string{record.topic()}] = name;
        journaling.on_message(record);
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_name_goes_before_a_pattern_and_the_first_pattern_before_the_second, fixture)
{
    auto const one = make_topic("one");
    auto const two = make_topic("two");
    auto const other = make_topic("other");
    for (auto const& topic : {one, two, other})
        produce(topic, "value");
    auto routes = std::map<std::string, std::string>{};
    auto const handler = [&](std::string const& name) { return routed_handler{name, routes, {log, "engine"}}; };
    auto engine = running_engine{"engine", settings(), [&](auto& e)
                                 {
                                     e.handle("^" + stem + "-o.*", handler("pattern"))
                                         .handle("^" + stem + "-.*", handler("wide pattern"))
                                         .handle(one, handler("name"));
                                 }};
    BOOST_TEST(log.await([&] { return log.finished_count() == 3; }));
    // A topic that appears later is found as well.
    auto const late = make_topic("o-late");
    produce(late, "value");
    BOOST_TEST(log.await([&] { return log.finished_count() == 4; }));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(routes.at(one) == "name");
    BOOST_TEST(routes.at(other) == "pattern");
    BOOST_TEST(routes.at(late) == "pattern");
    BOOST_TEST(routes.at(two) == "wide pattern");
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

BOOST_FIXTURE_TEST_CASE(a_missing_topic_ends_the_engine_and_is_named, fixture)
{
    auto const there = make_topic("there");
    auto const missing = stem + "-missing";
    auto engine = running_engine{
        "engine", settings(), [&](auto& e)
        { e.handle(there, journaling_handler{log, "engine"}).handle(missing, journaling_handler{log, "engine"}); }};
    BOOST_TEST((engine.wait() == errc::missing_topic));
    auto const why = engine->last_failure();
    BOOST_TEST((why.code == errc::missing_topic));
    BOOST_TEST(why.text.find(missing) != std::string::npos, why.text);
    BOOST_TEST(why.text.find("config::allow_missing_topics") != std::string::npos, why.text);
}

BOOST_FIXTURE_TEST_CASE(a_topic_that_is_just_being_created_is_waited_for, fixture)
{
    // Its client is connected then: the engine waits for five seconds only.
    static_cast<void>(make_topic("early"));
    auto const late = stem + "-late";
    auto engine =
        running_engine{"engine", settings(), [&](auto& e) { e.handle(late, journaling_handler{log, "engine"}); }};
    BOOST_TEST(engine.logged("topic \"" + late + "\" does not exist on", 20s));
    admin.create_topic(late, 1);
    produce(late, "value");
    BOOST_TEST(log.await([&] { return log.finished_count() == 1; }));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(log.violations() == "");
}

BOOST_FIXTURE_TEST_CASE(an_allowed_missing_topic_is_consumed_once_it_is_created, fixture)
{
    auto const there = make_topic("there");
    auto const missing = stem + "-missing";
    produce(there, "value");
    auto chosen = settings();
    chosen.allow_missing_topics = true;
    auto engine = running_engine{
        "engine", std::move(chosen), [&](auto& e)
        { e.handle(there, journaling_handler{log, "engine"}).handle(missing, journaling_handler{log, "engine"}); }};
    BOOST_TEST(log.await([&] { return log.finished_count() == 1; }));
    BOOST_TEST(engine.logged("\"" + missing + "\" does not exist yet", 10s));
    admin.create_topic(missing, 2);
    produce(missing, "value");
    BOOST_TEST(log.await([&] { return log.finisher({missing, 0}, 0) == "engine"; }));
    produce(there, "value");
    BOOST_TEST(log.await([&] { return log.finished_count() == 3; }));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

BOOST_FIXTURE_TEST_CASE(partitions_that_a_topic_gets_are_consumed_from_their_beginning, fixture)
{
    auto const growing = make_topic("growing", 1);
    produce(growing, "value");
    auto engine =
        running_engine{"engine", settings(), [&](auto& e) { e.handle(growing, journaling_handler{log, "engine"}); }};
    BOOST_TEST(log.await([&] { return log.finished_count() == 1; }));
    admin.grow_topic(growing, 3);
    BOOST_TEST(log.await([&] { return log.owned_by("engine") == 3; }));
    auto later = producer{}; // one that does not remember a single partition
    later.send_numbered(growing, 3, 0, 10);
    later.flush();
    BOOST_TEST(log.await([&] { return log.finished_count() == 31; }));
    BOOST_TEST(log.owned_by("engine") == 3U);
    BOOST_TEST(!engine.stop());
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

// librdkafka's client is known to hang in its destruction after that.
BOOST_FIXTURE_TEST_CASE(a_topic_deleted_in_the_middle_does_not_disturb_the_others_nor_the_end, fixture)
{
    auto const doomed = make_topic("doomed", 2);
    auto const other = make_topic("other", 2);
    for (auto i = 0; i < 2000; ++i)
        sender.send(doomed, {.partition = i % 2, .value = std::string(1000, 'x')});
    produce(other, "value");
    auto chosen = settings();
    chosen.shutdown_timeout = 5s;
    auto engine = running_engine{
        "engine", std::move(chosen), [&](auto& e)
        { e.handle(doomed, journaling_handler{log, "engine"}).handle(other, journaling_handler{log, "engine"}); }};
    BOOST_TEST(log.await([&] { return log.finished_count() > 100 && log.finisher({other, 0}, 0) == "engine"; }));
    auto const report = "not available: " + doomed;
    BOOST_TEST(!engine.logged(report));
    admin.delete_topic(doomed);
    BOOST_TEST(log.await([&] { return log.owned_by("engine") == 2; }));
    produce(other, "value");
    BOOST_TEST(log.await([&] { return log.finisher({other, 0}, 1) == "engine"; }));
    BOOST_TEST(engine.logged(report, 20s));
    auto const began = std::chrono::steady_clock::now();
    BOOST_TEST(!engine.stop());
    BOOST_TEST((std::chrono::steady_clock::now() - began < 10s));
}

BOOST_FIXTURE_TEST_CASE(an_engine_ends_in_time_right_after_its_only_topic_was_deleted, fixture)
{
    auto const doomed = make_topic("doomed", 4);
    for (auto i = 0; i < 4000; ++i)
        sender.send(doomed, {.partition = i % 4, .value = std::string(1000, 'x')});
    sender.flush();
    auto chosen = settings();
    chosen.shutdown_timeout = 5s;
    auto engine = running_engine{"engine", std::move(chosen),
                                 [&](auto& e) { e.handle(doomed, journaling_handler{log, "engine"}); }};
    BOOST_TEST(log.await([&] { return log.finished_count() > 100; }));
    admin.delete_topic(doomed);
    auto const began = std::chrono::steady_clock::now();
    BOOST_TEST(!engine.stop());
    BOOST_TEST((std::chrono::steady_clock::now() - began < 10s));
}

} // namespace paperboy::test::topics_test

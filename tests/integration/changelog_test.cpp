// Changelogs of a real Kafka, with all that can be in them and happen to them, read without a group.

#include "support/broker_engine.hpp"
#include "support/broker_process.hpp"
#include "support/broker_producer.hpp"
#include "support/changelog_client.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

namespace paperboy::test::changelog_test
{
namespace
{

using namespace std::chrono_literals;
using kafka::changelog_trouble;

struct fixture
{
    cluster admin;
    producer sender;
    config settings = test_config(unique_name("changelog"));

    void put(std::string const& topic, std::string const& key, std::optional<std::string> const& value,
             std::int32_t partition = 0)
    {
        sender.send(topic, {.partition = partition, .key = key, .value = value});
    }
    [[nodiscard]] std::string make_log(int partitions = 1, settings_map const& more = {})
    {
        auto chosen = settings_map{{"cleanup.policy", "compact"}};
        chosen.insert(more.begin(), more.end());
        return admin.make_topic("changelog", partitions, chosen);
    }
    static void expect_failure(changelog_client::sink const& sink, changelog_trouble trouble, std::string const& text)
    {
        BOOST_TEST(sink->told.wait_until(is_done()));
        auto const told = sink->told.get();
        BOOST_REQUIRE(told.failures.size() == 1U);
        BOOST_CHECK(told.failures[0].trouble == trouble);
        BOOST_TEST(told.failures[0].text.find(text) != std::string::npos, told.failures[0].text);
        BOOST_TEST(!told.told_too_much);
    }
};

} // namespace

// Offsets: 0 a, 1 marker, 2–4 aborted, 5 marker, 6 open for a while, 7 b from elsewhere, 8 marker.
BOOST_FIXTURE_TEST_CASE(a_changelog_that_ends_in_aborted_transactions_is_read_to_its_end, fixture)
{
    auto const topic = make_log();
    auto writer = producer{bootstrap_servers(), {{"transactional.id", topic}}};
    writer.begin();
    writer.send(topic, {.key = "a", .value = "1"});
    writer.commit();
    writer.begin();
    for (auto const* key : {"a", "b", "c"})
        writer.send(topic, {.key = key, .value = "never"});
    writer.abort();
    auto client = changelog_client{settings};
    auto const sink = client.read(topic);
    BOOST_TEST(sink->told.wait_until(is_done()));
    auto const told = sink->told.get();
    BOOST_TEST((told.entries == table_entries{{"a", "1"}}));
    BOOST_TEST((told.done == std::vector<std::int64_t>{6}));
    BOOST_TEST(told.progress.records == 1U);

    // An open transaction hides what others have had acknowledged behind it: the reading waits for its end.
    writer.begin();
    writer.send(topic, {.key = "a", .value = "never"});
    writer.flush();
    put(topic, "b", "2");
    sender.flush();
    auto const waiting = client.read(topic, 0, 6);
    BOOST_TEST(waiting->told.wait_until([](auto const& all) { return all.progress.end == 8; }));
    BOOST_TEST(waiting->told.get().done.empty());
    writer.abort();
    BOOST_TEST(waiting->told.wait_until(is_done()));
    BOOST_TEST((waiting->told.get().entries == table_entries{{"b", "2"}}));
    BOOST_TEST(waiting->told.get().done.front() >= 8);
}

// The cleaner removes what is superseded, and tombstones when their time has passed: offsets in the middle and in front
// of the markers at the end go. It never cleans the segment that is written to.
BOOST_FIXTURE_TEST_CASE(a_compacted_changelog_with_gaps_gives_the_same_table, fixture)
{
    auto const topic = make_log(1, {{"segment.ms", "100"},
                                    {"min.cleanable.dirty.ratio", "0.01"},
                                    {"max.compaction.lag.ms", "100"},
                                    {"delete.retention.ms", "0"}});
    for (auto round = 0; round < 3; ++round)
    {
        for (auto i = 0; i < 100; ++i)
            put(topic, "key" + std::to_string(i), std::to_string(round));
        for (auto i = 0; i < 100; i += 2)
            put(topic, "key" + std::to_string(i), std::nullopt);
        put(topic, "key0", "again");
        sender.flush();
        std::this_thread::sleep_for(150ms); // the age of a segment
    }
    auto client = changelog_client{settings};
    // A transaction that is aborted ends the log with offsets that nobody gets.
    auto writer = producer{bootstrap_servers(), {{"transactional.id", topic}}};
    writer.begin();
    writer.send(topic, {.key = "key1", .value = "never"});
    writer.abort();
    constexpr auto end = 455;
    BOOST_REQUIRE(eventually([&] { return admin.end_offset(topic, 0) == end; }));
    auto compacted = std::size_t{0};
    auto const gaps = [&]
    {
        auto const sink = client.read(topic);
        BOOST_TEST(sink->told.wait_until(is_done()));
        auto const told = sink->told.get();
        BOOST_TEST(told.entries.size() == 51U);
        BOOST_TEST(told.entries.at("key0") == "again");
        BOOST_TEST(told.entries.at("key1") == "2");
        BOOST_TEST((told.done == std::vector<std::int64_t>{end}));
        compacted = told.changes;
        return compacted < 453;
    };
    BOOST_TEST(eventually(gaps, 60s), compacted << " records are left of 453");
}

BOOST_FIXTURE_TEST_CASE(an_erased_key_that_is_put_again_is_there, fixture)
{
    auto const topic = make_log();
    for (auto i = 0; i < 50; ++i)
    {
        auto const key = "key" + std::to_string(i);
        put(topic, key, "old");
        put(topic, key, std::nullopt);
        if (i % 2 == 0)
            put(topic, key, "new");
    }
    sender.flush();
    auto client = changelog_client{settings};
    auto const sink = client.read(topic);
    BOOST_TEST(sink->told.wait_until(is_done()));
    BOOST_TEST(sink->told.get().entries.size() == 25U);
    BOOST_TEST(sink->told.get().tombstones == 50U);
}

BOOST_FIXTURE_TEST_CASE(checkpoints_on_both_sides_of_what_is_there_are_told_apart, fixture)
{
    auto const topic = admin.make_topic("changelog", 1, {{"cleanup.policy", "compact,delete"}});
    for (auto i = 0; i < 10; ++i)
        put(topic, std::to_string(i), "value");
    sender.flush();
    auto client = changelog_client{settings};
    expect_failure(client.read(topic, 0, 11), changelog_trouble::beyond_end,
                   "offset 11 is to be read next, but the partition ends at 10");
    admin.delete_records(topic, 1);
    put(topic, "new", "value");
    sender.flush();
    expect_failure(client.read(topic, 0, 9), changelog_trouble::below_begin,
                   "offset 9 is to be read next, but the partition begins at 10");
    auto const from_begin = client.read(topic);
    BOOST_TEST(from_begin->told.wait_until(is_done()));
    BOOST_TEST((from_begin->told.get().entries == table_entries{{"new", "value"}}));
    BOOST_TEST(from_begin->told.get().progress.begin == 10);
}

BOOST_FIXTURE_TEST_CASE(records_that_are_deleted_in_front_of_a_reading_end_it, fixture)
{
    auto const topic = admin.make_topic("changelog", 1, {{"cleanup.policy", "compact,delete"}});
    for (auto i = 0; i < 20'000; ++i)
        put(topic, std::to_string(i), std::string(1000, 'x'));
    sender.flush();
    auto client = changelog_client{settings, 100, std::size_t{16} << 20U};
    auto const sink = client.read(topic, 0, std::nullopt, false, [](auto block)
                                  { return block == 1 ? kafka::changelog_flow::hold : kafka::changelog_flow::next; });
    BOOST_TEST(sink->told.wait_until([](auto const& told) { return told.blocks == 1; }));
    admin.delete_records(topic, 1);
    client.resume(sink);
    expect_failure(sink, changelog_trouble::below_begin, "the partition begins at 20000");
}

BOOST_FIXTURE_TEST_CASE(topics_and_partitions_that_stay_away_are_named, fixture)
{
    auto const topic = make_log();
    auto client = changelog_client{settings};
    auto const no_topic = client.read(topic + "-none");
    auto const no_partition = client.read(topic, 1);
    auto const there = client.read(topic, 0);
    BOOST_TEST(there->told.wait_until(is_done()));
    BOOST_TEST((there->told.get().done == std::vector<std::int64_t>{0}));
    expect_failure(no_topic, changelog_trouble::topic_gone, topic + "-none[0]: the topic does not exist");
    BOOST_CHECK(no_topic->told.get().failures.front().error == errc::missing_topic);
    expect_failure(no_partition, changelog_trouble::partition_unknown, topic + "[1]: the topic has no such partition");
}

BOOST_FIXTURE_TEST_CASE(a_topic_that_is_deleted_during_the_reading_is_gone, fixture)
{
    auto const topic = make_log(2);
    put(topic, "key", "value");
    sender.flush();
    settings.properties["topic.metadata.refresh.interval.ms"] = "500";
    auto client = changelog_client{settings};
    auto const tail = client.read(topic, 0, std::nullopt, true);
    BOOST_TEST(tail->told.wait_until([](auto const& told) { return !told.done.empty(); }));
    admin.delete_topic(topic);
    BOOST_REQUIRE(tail->told.wait_until([](auto const& told) { return !told.failures.empty(); }));
    BOOST_CHECK(tail->told.get().failures.front().trouble == changelog_trouble::topic_gone);
    BOOST_CHECK(tail->told.get().failures.front().error == errc::missing_topic);
    // The client is as good as before, and ends (in its destructor) without hanging.
    auto const other = make_log();
    put(other, "key", "value");
    sender.flush();
    auto const next = client.read(other);
    BOOST_TEST(next->told.wait_until(is_done()));
    BOOST_TEST(next->told.get().entries.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_topic_that_is_made_anew_during_the_reading_is_shorter_than_the_position, fixture)
{
    auto const topic = make_log();
    for (auto i = 0; i < 100; ++i)
        put(topic, std::to_string(i), "value");
    sender.flush();
    settings.properties["topic.metadata.refresh.interval.ms"] = "500";
    auto client = changelog_client{settings};
    auto const tail = client.read(topic, 0, std::nullopt, true);
    BOOST_TEST(tail->told.wait_until([](auto const& told) { return !told.done.empty(); }));
    admin.delete_topic(topic);
    admin.create_topic(topic, 1, {{"cleanup.policy", "compact"}});
    BOOST_REQUIRE(tail->told.wait_until([](auto const& told) { return !told.failures.empty(); }));
    auto const trouble = tail->told.get().failures.front().trouble;
    BOOST_CHECK(trouble == changelog_trouble::beyond_end || trouble == changelog_trouble::topic_gone);
}

BOOST_FIXTURE_TEST_CASE(twenty_partitions_are_read_at_once, fixture)
{
    constexpr auto partitions = 20;
    auto const topic = make_log(partitions);
    for (auto i = 0; i < 1000; ++i)
        for (auto partition = 0; partition < partitions; ++partition)
            put(topic, std::to_string(i), std::to_string(partition), partition);
    sender.flush();
    auto client = changelog_client{settings, partitions};
    auto sinks = std::vector<changelog_client::sink>{};
    for (auto partition = 0; partition < partitions; ++partition)
        sinks.push_back(client.read(topic, partition));
    for (auto partition = 0; partition < partitions; ++partition)
    {
        auto const& sink = sinks[static_cast<std::size_t>(partition)];
        BOOST_TEST(sink->told.wait_until(is_done()));
        auto const told = sink->told.get();
        BOOST_TEST(told.entries.size() == 1000U);
        BOOST_TEST(told.entries.at("999") == std::to_string(partition));
        BOOST_TEST((told.done == std::vector<std::int64_t>{1000}));
    }
}

// What is waiting in librdkafka is bounded while a sink is slow, however large values are: 400 MB of them here.
BOOST_FIXTURE_TEST_CASE(memory_is_bounded_with_large_values, fixture)
{
    auto const topic = make_log(2);
    auto const large = std::string(500'000, 'x');
    for (auto i = 0; i < 400; ++i)
    {
        for (auto partition = 0; partition < 2; ++partition)
            put(topic, std::to_string(i % 3), large, partition);
        if (i % 50 == 0)
            sender.flush();
    }
    sender.flush();
    auto const peak = []
    {
        auto used = rusage{};
        ::getrusage(RUSAGE_SELF, &used);
        return static_cast<std::size_t>(used.ru_maxrss) * 1024;
    };
    auto const before = peak();
    {
        auto client = changelog_client{settings, 2, std::size_t{16} << 20U};
        auto const slow = client.read(topic, 0, std::nullopt, false, [](auto) { return kafka::changelog_flow::hold; });
        BOOST_TEST(slow->told.wait_until([](auto const& told) { return told.blocks == 1; }));
        auto const other = client.read(topic, 1);
        BOOST_TEST(other->told.wait_until(is_done()));
        BOOST_TEST(other->told.get().changes == 400U);
    }
    BOOST_TEST(peak() - before < std::size_t{120} << 20U);
}

// The broker goes in the middle of a reading, and comes back.
BOOST_AUTO_TEST_CASE(a_broker_that_is_restarted_is_waited_for)
{
    auto const broker = own_broker{};
    auto admin = cluster{broker.servers()};
    auto const topic = admin.make_topic("changelog", 2, {{"cleanup.policy", "compact"}});
    {
        auto sender = producer{broker.servers()};
        for (auto i = 0; i < 20'000; ++i)
            sender.send(topic, {.key = std::to_string(i), .value = std::string(1000, 'x')});
        sender.flush();
    }
    auto settings = test_config(unique_name("changelog"), broker.servers());
    settings.properties["reconnect.backoff.max.ms"] = "500";
    auto client = changelog_client{settings, 100, std::size_t{16} << 20U};
    auto const sink = client.read(topic, 0, std::nullopt, false, [](auto block)
                                  { return block == 1 ? kafka::changelog_flow::hold : kafka::changelog_flow::next; });
    BOOST_TEST(sink->told.wait_until([](auto const& told) { return told.blocks == 1; }));
    broker.kill();
    client.resume(sink);
    // Whoever asks while no broker is there waits, too.
    auto const late = client.read(topic, 1);
    broker.start();
    BOOST_TEST(sink->told.wait_until(is_done(), 60s));
    BOOST_TEST(sink->told.get().entries.size() == 20'000U);
    BOOST_TEST(sink->told.get().changes == 20'000U);
    BOOST_TEST(late->told.wait_until(is_done()));
    BOOST_TEST((late->told.get().done == std::vector<std::int64_t>{0}));
}

} // namespace paperboy::test::changelog_test

// Changelogs read from a cluster without a group.

#include "mock_cluster/mock_fixture.hpp"
#include "support/changelog_client.hpp"

#include "kafka/changelog_topic.hpp"
#include "kafka/client_config.hpp"
#include "kafka/property_check.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>

namespace paperboy::test::changelog_test
{
namespace
{

using namespace std::chrono_literals;

// Kafka's API keys and error codes.
constexpr std::int16_t fetch_request = 1;
constexpr std::int16_t list_offsets_request = 2;
constexpr int leader_not_available = 5;
constexpr int not_leader = 6;

struct changelog_fixture : mock_fixture
{
    void put(std::int32_t partition, std::string const& key, std::optional<std::string> const& value) const
    {
        auto what = mock_cluster::outgoing{};
        what.key = key;
        if (value)
            what.value = *value;
        what.partition = partition;
        cluster.produce(topic, what);
    }
    void put_many(std::int32_t partition, int count) const
    {
        for (auto i = 0; i < count; ++i)
            put(partition, "key" + std::to_string(i % 100), std::to_string(i));
        cluster.flush();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(changelog, changelog_fixture)

BOOST_AUTO_TEST_CASE(partitions_are_folded_to_their_ends)
{
    put_many(0, 2500);
    put(1, "a", "1");
    put(1, "b", "2");
    put(1, "a", std::nullopt);
    put(1, "c", "");
    cluster.flush();
    auto client = changelog_client{settings()};
    auto const all = std::vector{client.read(topic, 0), client.read(topic, 1), client.read(topic, 2)};
    for (auto const& each : all)
        BOOST_TEST(each->told.wait_until(is_done()));
    auto const many = all[0]->told.get();
    BOOST_TEST(many.entries.size() == 100U);
    BOOST_TEST(many.entries.at("key99") == "2499");
    BOOST_TEST(many.changes == 2500U);
    BOOST_TEST(many.next_offset == 2500);
    BOOST_TEST((many.done == std::vector<std::int64_t>{2500}));
    BOOST_TEST(many.progress.end == 2500);
    BOOST_TEST(many.progress.records == 2500U);
    BOOST_TEST(many.progress.position == 2500);
    auto const few = all[1]->told.get();
    BOOST_TEST((few.entries == table_entries{{"b", "2"}, {"c", ""}}));
    BOOST_TEST(few.tombstones == 1U);
    auto const none = all[2]->told.get();
    BOOST_TEST((none.done == std::vector<std::int64_t>{0}));
    BOOST_TEST(none.blocks == 0U);
    for (auto const& each : all)
        BOOST_TEST(!each->told.get().told_too_much);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_is_gone_on_from_and_one_behind_the_end_is_refused)
{
    put_many(0, 10);
    auto client = changelog_client{settings()};
    auto const tail_end = client.read(topic, 0, 7);
    BOOST_TEST(tail_end->told.wait_until(is_done()));
    BOOST_TEST(tail_end->told.get().changes == 3U);
    BOOST_TEST(tail_end->told.get().progress.from == 7);
    auto const nothing_new = client.read(topic, 0, 10);
    BOOST_TEST(nothing_new->told.wait_until(is_done()));
    BOOST_TEST(nothing_new->told.get().changes == 0U);
    BOOST_TEST((nothing_new->told.get().done == std::vector<std::int64_t>{10}));
    auto const beyond = client.read(topic, 0, 11);
    BOOST_TEST(beyond->told.wait_until(is_done()));
    auto const told = beyond->told.get();
    BOOST_REQUIRE(told.failures.size() == 1U);
    BOOST_CHECK(told.failures[0].trouble == kafka::changelog_trouble::beyond_end);
    BOOST_TEST(told.failures[0].text.find(topic + "[0]: offset 11 is to be read next, but the partition ends at 10") !=
                   std::string::npos,
               told.failures[0].text);
    BOOST_TEST(told.changes == 0U);
}

BOOST_AUTO_TEST_CASE(a_tail_goes_on_until_it_is_cancelled)
{
    put_many(0, 10);
    auto client = changelog_client{settings()};
    auto const tail = client.read(topic, 0, std::nullopt, true);
    BOOST_TEST(tail->told.wait_until(is_done()));
    put(0, "late", "1");
    cluster.flush();
    BOOST_TEST(tail->told.wait_until([](auto const& told) { return told.next_offset == 11; }));
    client.cancel(tail);
    put(0, "later", "1");
    cluster.flush();
    auto const again = client.read(topic, 0);
    BOOST_TEST(again->told.wait_until(is_done()));
    BOOST_TEST(again->told.get().next_offset == 12);
    auto const told = tail->told.get();
    BOOST_TEST(told.next_offset == 11);
    BOOST_TEST((told.done == std::vector<std::int64_t>{10}));
}

BOOST_AUTO_TEST_CASE(a_sink_that_holds_gets_nothing_before_it_lets_go)
{
    put_many(0, 3000);
    auto client = changelog_client{settings()};
    auto const other_topic = make_topic(1);
    auto const sink = client.read(topic, 0, std::nullopt, false, [](auto) { return kafka::changelog_flow::hold; });
    auto blocks = std::size_t{0};
    while (true)
    {
        BOOST_REQUIRE(
            sink->told.wait_until([&](auto const& told) { return told.blocks > blocks || !told.done.empty(); }));
        if (!sink->told.get().done.empty())
            break;
        blocks = sink->told.get().blocks;
        // Another partition is read meanwhile, to its end; nothing comes from this one.
        auto const other = client.read(other_topic);
        BOOST_TEST(other->told.wait_until(is_done()));
        BOOST_TEST(sink->told.get().blocks == blocks);
        BOOST_TEST(sink->told.get().done.empty());
        client.resume(sink);
    }
    BOOST_TEST(blocks >= 3U);
    BOOST_TEST(sink->told.get().changes == 3000U);
}

// Before the brokers answered, in the middle, and after the end.
BOOST_AUTO_TEST_CASE(a_reading_may_be_cancelled_at_any_time)
{
    put_many(0, 5000);
    auto client = changelog_client{settings()};
    for (auto i = 0; i < 5; ++i)
    {
        auto const early = client.read(topic, 0);
        client.cancel(early);
        auto const early_blocks = early->told.get().blocks;
        auto const middle =
            client.read(topic, 0, std::nullopt, false, [](auto) { return kafka::changelog_flow::hold; });
        BOOST_TEST(middle->told.wait_until([](auto const& told) { return told.blocks == 1; }));
        client.cancel(middle);
        client.resume(middle);
        auto const whole = client.read(topic, 0);
        BOOST_TEST(whole->told.wait_until(is_done()));
        client.cancel(whole);
        BOOST_TEST(whole->told.get().changes == 5000U);
        BOOST_TEST(early->told.get().blocks == early_blocks);
        BOOST_TEST(middle->told.get().blocks == 1U);
        BOOST_TEST(middle->told.get().done.empty());
    }
}

BOOST_AUTO_TEST_CASE(errors_that_pass_are_waited_out)
{
    auto own = mock_cluster{};
    own.create_topic("log", 1);
    for (auto i = 0; i < 100; ++i)
    {
        auto const key = std::to_string(i);
        own.produce("log", {.key = key, .value = "value", .partition = 0, .headers = {}});
    }
    own.flush();
    auto chosen = settings();
    chosen.bootstrap_servers = own.bootstrap_servers();
    own.fail_requests(list_offsets_request, {leader_not_available, not_leader, leader_not_available});
    own.fail_requests(fetch_request, {not_leader, not_leader});
    auto client = changelog_client{chosen};
    auto const sink = client.read("log");
    BOOST_TEST(sink->told.wait_until(is_done()));
    BOOST_TEST(sink->told.get().changes == 100U);
}

BOOST_AUTO_TEST_CASE(brokers_that_are_away_are_waited_for)
{
    auto own = mock_cluster{};
    own.create_topic("log", 1);
    own.produce("log", {.key = "key", .value = "value", .partition = 0, .headers = {}});
    own.flush();
    auto chosen = settings();
    chosen.bootstrap_servers = own.bootstrap_servers();
    own.set_broker_up(1, false);
    auto client = changelog_client{chosen};
    auto const sink = client.read("log");
    BOOST_TEST(client.said.wait_until([](auto const& all) { return !all.empty(); }));
    own.set_broker_up(1, true);
    BOOST_TEST(sink->told.wait_until(is_done()));
    BOOST_TEST(sink->told.get().changes == 1U);
}

// The mock creates whatever topic it is asked for, so only a partition can be missing.
BOOST_AUTO_TEST_CASE(a_partition_that_stays_away_is_named)
{
    auto client = changelog_client{settings()};
    auto const sink = client.read(topic, partitions);
    BOOST_TEST(sink->told.wait_until(is_done()));
    auto const told = sink->told.get();
    BOOST_REQUIRE(told.failures.size() == 1U);
    BOOST_CHECK(told.failures[0].trouble == kafka::changelog_trouble::partition_unknown);
    BOOST_TEST(told.failures[0].text.find(topic + "[4]: the topic has no such partition") != std::string::npos,
               told.failures[0].text);
}

BOOST_AUTO_TEST_CASE(the_client_has_no_group_whatever_the_settings_say)
{
    auto chosen = settings();
    chosen.properties.insert({{"isolation.level", "read_uncommitted"}, {"fetch.min.bytes", "1000"}});
    auto const conf = kafka::make_changelog_conf(chosen, 100, 0);
    auto const main = kafka::make_consumer_conf(chosen, 100, std::size_t{64} << 20U);
    BOOST_TEST(kafka::get(conf.get(), "group.id") == "");
    BOOST_TEST(kafka::get(conf.get(), "isolation.level") == "read_committed");
    BOOST_TEST(kafka::get(conf.get(), "auto.offset.reset") == "error");
    BOOST_TEST(kafka::get(conf.get(), "enable.partition.eof") == "true");
    BOOST_TEST(kafka::get(conf.get(), "fetch.wait.max.ms") == kafka::get(main.get(), "fetch.wait.max.ms"));
    BOOST_TEST(kafka::get(conf.get(), "fetch.min.bytes") == "1");
}

// The mock has no admin interface: its topics are believed.
BOOST_AUTO_TEST_CASE(a_topic_is_found_where_settings_cannot_be_asked_for)
{
    auto const client = kafka::client{kafka::make_changelog_conf(settings(), 1, 0)};
    auto const soon = [] { return std::chrono::steady_clock::now() + patience; };
    auto const found = kafka::ensure_changelog(client, {topic, partitions, -1, {}}, soon());
    BOOST_TEST(!found.error, found.text);
    BOOST_TEST(found.partitions == partitions);
    BOOST_TEST(!found.created);
    BOOST_TEST(found.identity.ends_with("/" + topic));
    BOOST_TEST(found.text.find("could not be checked") != std::string::npos, found.text);
    auto const wrong = kafka::ensure_changelog(client, {topic, partitions + 1, -1, {}}, soon());
    BOOST_CHECK(wrong.error == errc::wrong_changelog);
    auto const impossible =
        kafka::ensure_changelog(client, {topic, partitions, -1, {{"cleanup.policy", "delete"}}}, soon());
    BOOST_CHECK(impossible.error == errc::invalid_config);
    BOOST_TEST(impossible.text.find("use \"compact\"") != std::string::npos, impossible.text);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::changelog_test

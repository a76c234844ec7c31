// Records that fail, and the topic for dead letters: exactly they are in it, and nothing is skipped where it is
// missing.

#include "support/broker_engine.hpp"
#include "support/broker_producer.hpp"
#include "support/topic_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

namespace paperboy::test::dead_letters_test
{
namespace
{

using namespace std::chrono_literals;

constexpr int partitions = 4;

// Fails on every hundredth record, from offset 7 on.
struct burying_handler
{
    std::string letters;
    std::atomic<int>& handled;

    void on_message(record_view const& record) const
    {
        if (record.offset() % 100 == 7)
            throw std::invalid_argument{"poison"};
        ++handled;
    }
    [[nodiscard]] error_action on_error(std::exception_ptr) const { return error_action::dead_letter(letters); }
};

std::map<std::string, std::string> added_headers(read_record const& letter)
{
    auto all = std::map<std::string, std::string>{};
    for (auto const& [name, value] : letter.headers)
        all[name] = value.value_or("null");
    return all;
}

struct letters_fixture
{
    cluster brokers;
    std::string const input = brokers.make_topic("letters-in", partitions);
    std::string const group = unique_name("letters");
    std::atomic<int> handled{0};

    void produce(int per_partition_count) const
    {
        auto sender = producer{};
        sender.send_numbered(input, partitions, 0, per_partition_count);
        sender.flush();
    }

    [[nodiscard]] config settings() const
    {
        auto chosen = test_config(group);
        chosen.commit.interval = 20ms;
        chosen.shutdown_timeout = 60s;
        return chosen;
    }

    [[nodiscard]] running_engine start(std::string const& letters, config const& chosen)
    {
        return running_engine{"letters", chosen,
                              [&](engine& which) { which.handle(input, burying_handler{letters, handled}); }};
    }

    // It has met the poison of every partition, and everything before is committed.
    void waits_for_the_topic(running_engine const& running) const
    {
        BOOST_TEST(running.logged("cannot be sent: it does not exist", 30s));
        BOOST_TEST(commits(7));
    }

    // Whether the group has committed so much of every partition.
    [[nodiscard]] bool commits(std::int64_t offset) const
    {
        auto view = group_view{group};
        return eventually(
            [&]
            {
                auto const committed = view.committed(input, partitions);
                return committed.size() == partitions &&
                       std::ranges::all_of(committed, [&](auto const& each) { return each.second == offset; });
            },
            60s);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(dead_letters_suite, letters_fixture)

BOOST_AUTO_TEST_CASE(exactly_the_poison_is_among_the_dead_letters)
{
    constexpr int per_partition_count = 25'000;
    constexpr int letter_partitions = 3;
    auto const letters = brokers.make_topic("letters-dlq", letter_partitions);
    produce(per_partition_count);
    auto running = start(letters, settings());
    BOOST_TEST(commits(per_partition_count));
    BOOST_TEST(running.stop() == error_code{});
    BOOST_TEST(running->stats().dead_letters == 1000U);
    BOOST_TEST(running->stats().producer.acknowledged == 1000U);
    BOOST_TEST(handled == 99'000);

    auto found = std::map<std::int32_t, std::set<std::int64_t>>{};
    for (auto const& each : read_topic(bootstrap_servers(), letters, 1000, letter_partitions))
    {
        auto headers = added_headers(each);
        auto const from = std::stoi(headers["__paperboy.errors.partition"]);
        auto const offset = std::stoll(headers["__paperboy.errors.offset"]);
        BOOST_TEST_REQUIRE((each.value == std::to_string(offset)));
        BOOST_TEST_REQUIRE(each.partition == from % letter_partitions);
        BOOST_TEST_REQUIRE(offset % 100 == 7);
        BOOST_TEST_REQUIRE(found[from].insert(offset).second, "twice: " << from << "@" << offset);
        BOOST_TEST_REQUIRE(headers["__paperboy.errors.topic"] == input);
        BOOST_TEST_REQUIRE(headers["__paperboy.errors.group"] == group);
        BOOST_TEST_REQUIRE(headers["__paperboy.errors.timestamp"] == std::to_string(each.timestamp_ms));
        BOOST_TEST_REQUIRE(headers["__paperboy.errors.stage"] == "on_message");
        BOOST_TEST_REQUIRE(headers["__paperboy.errors.exception.class.name"] == "std::invalid_argument");
        BOOST_TEST_REQUIRE(headers["__paperboy.errors.exception.message"] == "poison");
        BOOST_TEST_REQUIRE(headers["__paperboy.errors.attempts"] == "1");
    }
    for (auto const& [partition, offsets] : found)
        BOOST_TEST(offsets.size() == 250U);
}

BOOST_AUTO_TEST_CASE(while_the_topic_is_missing_the_input_waits_and_then_goes_on)
{
    auto const letters = unique_name("letters-late");
    produce(1000);
    auto running = start(letters, settings());
    BOOST_TEST(running.logged("topic \"" + letters + "\" cannot be sent: it does not exist; create it", 30s));
    BOOST_TEST(commits(7));
    BOOST_TEST(running->stats().producer.acknowledged == 0U);

    brokers.create_topic(letters, 1);
    BOOST_TEST(commits(1000));
    BOOST_TEST(running.logged("topic \"" + letters + "\" exists now", 10s));
    BOOST_TEST(running.stop() == error_code{});
    BOOST_TEST(handled == 4 * 990);
    BOOST_TEST(read_topic(bootstrap_servers(), letters, 40).size() == 40U);
}

BOOST_AUTO_TEST_CASE(a_run_that_ends_without_the_topic_leaves_the_poison_to_the_next)
{
    auto const letters = unique_name("letters-later");
    produce(20);
    {
        auto hurried = settings();
        hurried.shutdown_timeout = 2s;
        auto running = start(letters, hurried);
        waits_for_the_topic(running);
        BOOST_TEST(running.stop() == error_code{errc::shutdown_timeout});
    }
    BOOST_TEST(commits(7));
    brokers.create_topic(letters, 1);
    auto running = start(letters, settings());
    BOOST_TEST(commits(20));
    BOOST_TEST(running.stop() == error_code{});
    BOOST_TEST(read_topic(bootstrap_servers(), letters, 4).size() == 4U);
}

// Far sooner than hooks would have to let go of it.
BOOST_AUTO_TEST_CASE(a_partition_goes_to_another_member_without_waiting_for_the_topic)
{
    auto const letters = unique_name("letters-handed-over");
    produce(100);
    auto chosen = settings();
    chosen.revoke_timeout = 60s;
    auto first = start(letters, chosen);
    waits_for_the_topic(first);
    auto const began = std::chrono::steady_clock::now();
    auto second = start(letters, chosen);
    BOOST_TEST(second.logged("assigned " + input, 90s));
    BOOST_TEST((std::chrono::steady_clock::now() - began < 40s));
    BOOST_TEST(first.logged("records are left to the next owner"));
    BOOST_TEST(commits(7));

    brokers.create_topic(letters, 1);
    BOOST_TEST(commits(100));
    BOOST_TEST(first.stop() == error_code{});
    BOOST_TEST(second.stop() == error_code{});
    BOOST_TEST(read_topic(bootstrap_servers(), letters, 4).size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_run_that_hands_its_partitions_over_while_it_ends_says_what_it_leaves)
{
    auto const letters = unique_name("letters-left");
    produce(20);
    auto chosen = settings();
    chosen.shutdown_timeout = 60s;
    auto first = start(letters, chosen);
    waits_for_the_topic(first);
    first->stop();
    auto second = start(letters, chosen);
    BOOST_TEST(first.wait(60s) == error_code{errc::shutdown_timeout});
    BOOST_TEST(first.logged("records are left to the next owner"));
    BOOST_TEST(first->last_failure().text.find("has taken partitions away") != std::string::npos);
    brokers.create_topic(letters, 1);
    BOOST_TEST(commits(20));
    BOOST_TEST(second.stop() == error_code{});
}

BOOST_AUTO_TEST_CASE(a_topic_that_is_deleted_meanwhile_is_waited_for)
{
    auto const letters = brokers.make_topic("letters-gone", 2);
    produce(100);
    auto chosen = settings();
    chosen.producer.properties = {{"topic.metadata.refresh.interval.ms", "500"},
                                  {"topic.metadata.propagation.max.ms", "1000"}};
    auto running = start(letters, chosen);
    BOOST_TEST(commits(100));
    brokers.delete_topic(letters);
    auto sender = producer{};
    sender.send_numbered(input, partitions, 100, 100);
    sender.flush();
    BOOST_TEST(running.logged("topic \"" + letters + "\" cannot be sent: it does not exist", 60s));
    BOOST_TEST(commits(107));
    brokers.create_topic(letters, 1);
    BOOST_TEST(commits(200));
    BOOST_TEST(running.stop() == error_code{});
    BOOST_TEST(read_topic(bootstrap_servers(), letters, 4).size() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::dead_letters_test

// A process that sends poison to the dead letters is killed with -9 in the middle, again and again: none is missing
// there, and nothing else is there.

#include "integration/child_log.hpp"
#include "support/broker_producer.hpp"
#include "support/topic_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <random>

namespace paperboy::test::dead_letters_crash_test
{
namespace
{

constexpr int partitions = 4;
constexpr int letter_partitions = 3;
constexpr int per_partition_count = 50'000;
constexpr auto total = std::int64_t{partitions} * per_partition_count;
constexpr int rounds = 2;
// By partition of the input, the offsets whose records are among the dead letters.
std::map<std::int32_t, std::set<std::int64_t>> buried(cluster& brokers, std::string const& letters)
{
    auto count = std::int64_t{0};
    for (auto partition = 0; partition < letter_partitions; ++partition)
        count += brokers.end_offset(letters, partition);
    auto all = std::map<std::int32_t, std::set<std::int64_t>>{};
    for (auto const& each :
         read_topic(bootstrap_servers(), letters, static_cast<std::size_t>(count), letter_partitions))
    {
        auto const text = [&](std::string const& name)
        {
            auto const found = std::ranges::find(each.headers, name, &read_headers::value_type::first);
            return found == each.headers.end() ? std::string{"-1"} : found->second.value_or("-1");
        };
        auto const from = std::stoi(text("__paperboy.errors.partition"));
        auto const offset = std::stoll(text("__paperboy.errors.offset"));
        BOOST_TEST_REQUIRE((each.value == std::to_string(offset)));
        BOOST_TEST_REQUIRE(each.partition == from % letter_partitions);
        all[from].insert(offset);
    }
    return all;
}

// What is to be there in the end: of every partition, the poison and nothing else.
std::map<std::int32_t, std::set<std::int64_t>> all_poison()
{
    auto all = std::map<std::int32_t, std::set<std::int64_t>>{};
    for (auto partition = 0; partition < partitions; ++partition)
        for (auto offset = 7; offset < per_partition_count; offset += 100)
            all[partition].insert(offset);
    return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(killed_processes_lose_no_dead_letter)
{
    auto brokers = cluster{};
    auto const input = brokers.make_topic("letters-crash-in", partitions);
    auto const letters = brokers.make_topic("letters-crash-dlq", letter_partitions);
    auto const group = unique_name("letters-crash");
    auto sender = producer{};
    sender.send_numbered(input, partitions, 0, per_partition_count);
    sender.flush();
    auto view = group_view{group};
    auto random = std::mt19937{std::random_device{}()};

    auto committed = test::committed_offsets{};
    for (auto round = 0; round < rounds; ++round)
    {
        auto const before = sum(committed);
        auto const most = (total - before) / (rounds - round + 1);
        auto child = consumer_child::burying(group, input, letters);
        await_committed(child, committed, before + std::uniform_int_distribution<std::int64_t>{1, most}(random));
        child.process().signal(SIGKILL);
        BOOST_TEST(child.process().wait() == -SIGKILL);
        committed = view.committed(input, partitions);
        BOOST_TEST_REQUIRE(before < sum(committed));
        BOOST_TEST_REQUIRE(sum(committed) < total);
        auto all = buried(brokers, letters);
        for (auto const& [partition, offset] : committed)
            for (auto below = std::int64_t{7}; below < offset; below += 100)
                BOOST_TEST_REQUIRE(all[partition].contains(below),
                                   partition << "@" << below << " is committed, and no dead letter");
    }

    auto last = consumer_child::burying(group, input, letters);
    // By then a commit that was on its way at the kill has been taken or refused.
    last.await("assigned", 1);
    await_committed(last, view.committed(input, partitions), total);
    last.process().signal(SIGTERM);
    BOOST_TEST(last.process().wait() == 0);
    BOOST_TEST(sum(view.committed(input, partitions)) == total);
    BOOST_TEST((buried(brokers, letters) == all_poison()));
}

} // namespace paperboy::test::dead_letters_crash_test

// A process that sends what it consumes on is killed with -9 in the middle, again and again: no record is missing in
// the output.

#include "integration/child_log.hpp"
#include "support/broker_producer.hpp"
#include "support/topic_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <random>

namespace paperboy::test::transform_crash_test
{
namespace
{

constexpr int partitions = 4;
// So many that those that a child handles between two commits, or tells of ahead of its reader, are few of them.
constexpr int per_partition_count = 20'000;
constexpr auto total = std::int64_t{partitions} * per_partition_count;

// By partition, the different numbers in the output.
std::map<std::int32_t, std::set<int>> numbers_in(cluster& brokers, std::string const& output)
{
    auto count = std::int64_t{0};
    for (auto partition = 0; partition < partitions; ++partition)
        count += brokers.end_offset(output, partition);
    auto numbers = std::map<std::int32_t, std::set<int>>{};
    for (auto const& each : read_topic(bootstrap_servers(), output, static_cast<std::size_t>(count), partitions))
        numbers[each.partition].insert(std::stoi(each.value.value()));
    return numbers;
}

// What is to be in each of its partitions in the end.
std::set<int> all_numbers()
{
    auto all = std::set<int>{};
    for (auto number = 0; number < per_partition_count; ++number)
        all.insert(number);
    return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(killed_transforms_commit_only_what_is_in_the_output)
{
    auto brokers = cluster{};
    auto const input = brokers.make_topic("transform-crash-in", partitions);
    auto const output = brokers.make_topic("transform-crash-out", partitions);
    auto const group = unique_name("transform-crash");
    auto sender = producer{};
    // A part for each round and one for the last process, so that something is left, however late a kill comes.
    auto sent_numbers = 0;
    auto const send_until = [&](int number)
    {
        sender.send_numbered(input, partitions, sent_numbers, number - sent_numbers);
        sender.flush();
        sent_numbers = number;
    };
    auto view = group_view{group};
    auto random = std::mt19937{std::random_device{}()};

    auto committed = test::committed_offsets{};
    for (auto round = 1; round <= 2; ++round)
    {
        send_until(per_partition_count / 3 * round);
        auto child = consumer_child::transform(group, input, output);
        child.await("done", std::uniform_int_distribution{500, 6000}(random));
        await_committed(child, committed, sum(committed) + 1);
        child.process().signal(SIGKILL);
        BOOST_TEST(child.process().wait() == -SIGKILL);
        auto const before = sum(committed);
        committed = view.committed(input, partitions);
        BOOST_TEST_REQUIRE(before < sum(committed));
        BOOST_TEST_REQUIRE(sum(committed) < total);
        auto const sent = numbers_in(brokers, output);
        for (auto const& [partition, offset] : committed)
            for (auto below = 0; below < offset; ++below)
                BOOST_TEST_REQUIRE(sent.at(partition).contains(below),
                                   partition << "@" << below << " is committed, not in the output");
    }

    send_until(per_partition_count);
    auto last = consumer_child::transform(group, input, output);
    // By then a commit that was on its way at the kill has been taken or refused.
    last.await("assigned", 1);
    await_committed(last, view.committed(input, partitions), total);
    last.process().signal(SIGTERM);
    BOOST_TEST(last.process().wait() == 0);
    committed = view.committed(input, partitions);
    auto const sent = numbers_in(brokers, output);
    auto const all = all_numbers();
    for (auto partition = 0; partition < partitions; ++partition)
    {
        BOOST_TEST((committed.contains(partition) && committed.at(partition) == per_partition_count), partition);
        BOOST_TEST((sent.contains(partition) && sent.at(partition) == all), partition);
    }
}

} // namespace paperboy::test::transform_crash_test

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
constexpr int per_partition_count = 25'000;
constexpr int done_per_partition = per_partition_count / 50;

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

    auto missing = std::size_t{partitions * done_per_partition};
    for (auto round = 0; round < 2; ++round)
    {
        auto child = consumer_child::burying(group, input, letters);
        child.await("done", std::uniform_int_distribution<std::size_t>{1, missing / 3}(random));
        child.process().signal(SIGKILL);
        BOOST_TEST(child.process().wait() == -SIGKILL);
        auto const committed = view.committed(input, partitions);
        auto all = buried(brokers, letters);
        missing = std::size_t{partitions * done_per_partition};
        for (auto const& [partition, offset] : committed)
        {
            for (auto below = std::int64_t{7}; below < offset; below += 100)
                BOOST_TEST_REQUIRE(all[partition].contains(below),
                                   partition << "@" << below << " is committed, and no dead letter");
            missing -= static_cast<std::size_t>((offset + 49) / 50);
        }
    }

    auto last = consumer_child::burying(group, input, letters);
    last.await("done", missing);
    BOOST_TEST(eventually(
        [&]
        {
            auto const committed = view.committed(input, partitions);
            return committed.size() == partitions &&
                   std::ranges::all_of(committed, [](auto const& each) { return each.second == per_partition_count; });
        },
        std::chrono::seconds{60}));
    last.process().signal(SIGTERM);
    BOOST_TEST(last.process().wait() == 0);
    for (auto const& [partition, offsets] : buried(brokers, letters))
    {
        BOOST_TEST(offsets.size() == std::size_t{per_partition_count / 100});
        BOOST_TEST(std::ranges::all_of(offsets, [](auto offset) { return offset % 100 == 7; }));
    }
}

} // namespace paperboy::test::dead_letters_crash_test

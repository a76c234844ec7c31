// A consuming process is killed with -9 in the middle, again and again: no record is missing.

#include "integration/child_log.hpp"
#include "support/broker_producer.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

namespace paperboy::test::crash_test
{
namespace
{

constexpr int partitions = 4;
constexpr int per_partition_count = 1500;

using offsets = std::map<std::int32_t, std::int64_t>;

// Everything below the committed offset has been done.
void check_committed(offsets const& committed, std::map<std::int64_t, std::set<std::int64_t>> const& done)
{
    for (auto const& [partition, offset] : committed)
        for (auto below = std::int64_t{0}; below < offset; ++below)
            BOOST_TEST_REQUIRE(done.at(partition).contains(below),
                               partition << "@" << below << " is committed, not done");
}

// A child starts at what was committed when its predecessor was dead, or at what a commit that was still on its way
// then made of it.
void check_start(std::map<std::int64_t, std::int64_t> const& first, offsets const& committed,
                 std::map<std::int64_t, std::set<std::int64_t>> const& done_before)
{
    for (auto const& [partition, offset] : first)
    {
        auto const known = committed.find(static_cast<std::int32_t>(partition));
        BOOST_TEST(offset >= (known == committed.end() ? 0 : known->second));
        check_committed({{static_cast<std::int32_t>(partition), offset}}, done_before);
    }
}

void check_not_lower(offsets const& before, offsets const& after)
{
    for (auto const& [partition, offset] : before)
        BOOST_TEST(after.at(partition) >= offset);
}

} // namespace

BOOST_AUTO_TEST_CASE(killed_consumers_miss_nothing_and_start_again_at_the_committed_offsets)
{
    auto const topic = cluster{}.make_topic("crash", partitions);
    auto const group = unique_name("crash");
    auto sender = producer{};
    sender.send_numbered(topic, partitions, 0, per_partition_count);
    sender.flush();
    auto view = group_view{group};
    auto done = std::map<std::int64_t, std::set<std::int64_t>>{};
    auto committed = offsets{};

    for (auto const records : {900U, 1500U})
    {
        auto child = consumer_child::named(group, topic);
        child.await("done", records);
        child.process().signal(SIGKILL);
        BOOST_TEST(child.process().wait() == -SIGKILL);
        child.read_to_end();
        auto const before = done;
        check_start(check_order(child.events(), done), committed, before);
        auto const now = view.committed(topic, partitions);
        check_not_lower(committed, now);
        check_committed(now, done);
        committed = now;
        BOOST_TEST(!committed.empty());
    }

    auto last = consumer_child::named(group, topic);
    await_last(last, view, topic, partitions, per_partition_count - 1);
    last.process().signal(SIGTERM);
    BOOST_TEST(last.process().wait() == 0);
    last.read_to_end();
    auto const before = done;
    check_start(check_order(last.events(), done), committed, before);
    BOOST_TEST(last.events().back().text == "ended Success");
    for (auto partition = 0; partition < partitions; ++partition)
    {
        BOOST_TEST(done[partition].size() == std::size_t{per_partition_count});
        BOOST_TEST(view.committed(topic, partitions).at(partition) == per_partition_count);
    }
}

} // namespace paperboy::test::crash_test

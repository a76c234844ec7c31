// A process that stands still past its session: the group gives its partitions to another, and when it wakes up it has
// lost them and commits nothing of them.

#include "integration/child_log.hpp"
#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

namespace paperboy::test::zombie_test
{
namespace
{

constexpr int partitions = 4;
constexpr int per_partition_count = 5000;

} // namespace

BOOST_AUTO_TEST_CASE(a_process_that_was_halted_past_its_session_has_lost_its_partitions_and_commits_nothing)
{
    auto const topic = cluster{}.make_topic("zombie", partitions);
    auto const group = unique_name("zombie");
    auto sender = producer{};
    sender.send_numbered(topic, partitions, 0, per_partition_count);
    sender.flush();
    auto view = group_view{group};

    auto child = consumer_child{group, topic};
    child.await("done", 500);
    // Until each partition has something committed.
    BOOST_TEST(eventually([&] { return view.committed(topic, partitions).size() == std::size_t{partitions}; }));
    child.process().signal(SIGSTOP);
    auto const committed_by_child = view.committed(topic, partitions);

    auto log = journal{};
    auto settings = test_config(group);
    settings.watcher = std::make_shared<journaling_observer>(log, "heir");
    auto heir =
        running_engine{"heir", std::move(settings), [&](auto& e) { e.handle(topic, journaling_handler{log, "heir"}); }};
    BOOST_TEST(log.await([&] { return log.owned_by("heir") == partitions; }));
    auto const finished = [&](std::int32_t partition)
    { return log.finisher({topic, partition}, per_partition_count - 1) == "heir"; };
    for (auto partition = 0; partition < partitions; ++partition)
    {
        BOOST_TEST(log.await([&] { return finished(partition); }));
        // The heir begins exactly where the halted process had committed.
        auto const start = committed_by_child.at(partition);
        BOOST_TEST(log.starts_of({topic, partition}, start) == 1U);
        BOOST_TEST(log.starts_of({topic, partition}, start - 1) == 0U);
    }
    auto const all = [&](std::map<std::int32_t, std::int64_t> const& offsets)
    { return std::ranges::all_of(offsets, [](auto const& each) { return each.second == per_partition_count; }); };
    BOOST_TEST(eventually([&] { return all(view.committed(topic, partitions)); }));

    auto const assigned_before = child.count("assigned");
    child.process().signal(SIGCONT);
    child.await("lost", 1);
    auto const lost_at = child.events().size();
    BOOST_TEST(child.events().back().numbers.size() == std::size_t{partitions});
    BOOST_TEST(all(view.committed(topic, partitions)));
    // It joins again, shares with the heir, and ends cleanly.
    child.await("assigned", assigned_before + 1);
    child.process().signal(SIGTERM);
    BOOST_TEST(child.process().wait() == 0);
    child.read_to_end();
    for (auto i = lost_at; i < child.events().size(); ++i)
    {
        BOOST_TEST(child.events()[i].what != "committed", child.events()[i].text);
        BOOST_TEST(child.events()[i].what != "start", child.events()[i].text);
    }
    BOOST_TEST(!heir.stop());
    BOOST_TEST(all(view.committed(topic, partitions)));
}

} // namespace paperboy::test::zombie_test

// Hooks that block while their partition goes, and comes back.

#include "mock_cluster/mock_fixture.hpp"

#include <algorithm>
#include <set>

namespace paperboy::stragglers_test
{
namespace
{

using namespace std::chrono_literals;
using test::outcome_of_run;
using test::watched;

// What has happened in the hooks of partition 0, and at which offsets they may not go on.
struct gates
{
    std::set<std::int64_t> closed;
    std::vector<std::int64_t> begun;
    std::size_t inside = 0;
    std::size_t most_inside = 0;
    std::size_t ended = 0;
};

// Blocks its thread at closed gates, for longer than a test waits for anything.
struct gated_handler
{
    watched<gates>& seen;

    void on_message(record_view const& record)
    {
        auto const offset = record.offset();
        seen.update(
            [&](gates& all)
            {
                all.begun.push_back(offset);
                all.most_inside = std::max(all.most_inside, ++all.inside);
            });
        static_cast<void>(seen.wait_until([&](gates const& all) { return !all.closed.contains(offset); }, 2min));
        seen.update(
            [](gates& all)
            {
                --all.inside;
                ++all.ended;
            });
    }
};

struct stragglers_fixture : test::mock_fixture
{
    // Far more than the barriers of librdkafka, which count as prefetched.
    static constexpr int records = 20;

    watched<gates> seen;
    test::seen_records ignored;
    test::io_threads threads{4};

    // The threads end when their hooks do, also where a test has given up.
    ~stragglers_fixture() { open(); }

    // With a revoke_timeout that blocking hooks exceed.
    [[nodiscard]] config impatient() const
    {
        auto chosen = settings();
        chosen.revoke_timeout = 1s;
        chosen.shutdown_timeout = 1s;
        return chosen;
    }

    void close(std::set<std::int64_t> offsets)
    {
        seen.update([&](gates& all) { all.closed = std::move(offsets); });
    }
    void open() { close({}); }

    [[nodiscard]] bool begins(std::int64_t offset) const
    {
        return seen.wait_until([&](gates const& all) { return std::ranges::count(all.begun, offset) > 0; });
    }

    [[nodiscard]] static bool has_all(engine const& consuming)
    {
        return test::eventually([&] { return consuming.stats().partitions.size() == std::size_t{partitions}; });
    }

    // All that there is of partition 0 waits in its queue, and no hook takes it.
    [[nodiscard]] bool waits(engine const& consuming) const
    {
        auto const full = [](partition_stats const& each) { return each.partition == 0 && each.prefetched >= records; };
        return test::eventually([&] { return std::ranges::any_of(consuming.stats().partitions, full); });
    }
};

// A member of the same group with another topic: when it joins, all partitions are assigned anew, and stay where they
// were.
class other_member
{
public:
    explicit other_member(stragglers_fixture& test)
        : engine_{test.threads.context(), quiet(test.settings())}, other_topic_{test.make_topic(1)}
    {
        engine_.handle(other_topic_, test::collecting_handler{test.ignored});
        run_ = outcome_of_run::start(engine_);
    }

    // Whether it is assigned its partition.
    [[nodiscard]] bool joins() const
    {
        return test::eventually([&] { return !engine_.stats().partitions.empty(); });
    }

    void leave()
    {
        engine_.stop();
        BOOST_TEST(run_.get() == error_code{});
    }

private:
    static config quiet(config chosen)
    {
        chosen.watcher = nullptr;
        return chosen;
    }

    engine engine_;
    std::string other_topic_;
    outcome_of_run run_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(stragglers_suite, stragglers_fixture)

// 1. A hook blocks while its partition is taken and given back: the new pipeline is held back, its queue fills.
// 2. The hook ends, the new pipeline starts, and its second record blocks. What the queue has filled with is its own,
//    though the straggler goes with a handle of the same queue.
// 3. The run goes on all the same: a stop is heard, and its deadline kept.
BOOST_AUTO_TEST_CASE(a_pipeline_that_starts_late_holds_up_nobody)
{
    produce(topic, 0, 1);
    close({0, 1});
    auto consuming = engine{threads.context(), impatient()};
    consuming.handle(topic, gated_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(begins(0), log);
    auto other = other_member{*this};
    // However often the group has rebalanced before: what the other is assigned comes after a revocation of ours.
    BOOST_TEST_REQUIRE(other.joins(), log);
    BOOST_TEST_REQUIRE(has_all(consuming), log);
    BOOST_TEST_REQUIRE(watcher->seen.wait_until([](auto const& all) { return all.assigned.size() > 1; }), log);
    produce(topic, 0, records - 1);
    BOOST_TEST_REQUIRE(waits(consuming), log);
    close({1});
    BOOST_TEST_REQUIRE(begins(1), log);
    consuming.stop();
    BOOST_TEST(run.get(10s) == make_error_code(errc::shutdown_timeout), log);
    BOOST_TEST(seen.get().most_inside == 1U);
    open();
    other.leave();
}

// 1. A hook blocks while its partition is taken and given back: the new pipeline is held back.
// 2. The hook has been running for longer than max.poll.interval.ms: the partition is given up all the same, so that
//    another member may handle it.
// 3. The hook ends: the group is joined again.
// The limit leaves the other member time to join on a machine that is busy.
BOOST_AUTO_TEST_CASE(a_partition_that_waits_for_a_straggler_is_given_up)
{
    produce(topic, 0, records);
    close({0});
    auto chosen = impatient();
    chosen.shutdown_timeout = settings().shutdown_timeout;
    chosen.hook_time_limit = 50ms;
    chosen.properties["max.poll.interval.ms"] = "20000";
    auto consuming = engine{threads.context(), chosen};
    consuming.handle(topic, gated_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(begins(0), log);
    auto other = other_member{*this};
    BOOST_TEST(watcher->seen.wait_until([](auto const& all) { return all.assigned.size() >= 2; }), log);
    BOOST_TEST(test::eventually([&] { return consuming.stats().away; }), log);
    BOOST_TEST(watcher->seen.wait_until([](auto const& all) { return all.revoked.size() >= 2; }), log);
    auto const before = watcher->seen.get().assigned.size();
    BOOST_TEST(seen.get().ended == 0U);
    open();
    BOOST_TEST(
        watcher->seen.wait_until([&](auto const& all)
                                 { return all.committed()[{topic, 0}] == records && all.assigned.size() > before; }),
        log);
    BOOST_TEST(!consuming.stats().away);
    BOOST_TEST(seen.get().most_inside == 1U);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    other.leave();
}

// 1. A run ends past its deadline, with a hook that blocks.
// 2. The next run is assigned the same partition: it waits for that hook.
// 3. The hook ends, the records are handled, and the end of the first run takes nothing of what the second one shows.
BOOST_AUTO_TEST_CASE(a_run_waits_for_the_hooks_of_the_one_before)
{
    produce(topic, 0, records);
    close({0});
    auto chosen = impatient();
    auto consuming = engine{threads.context(), chosen};
    consuming.handle(topic, gated_handler{seen});
    auto first = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(begins(0), log);
    consuming.stop();
    BOOST_TEST(first.get() == make_error_code(errc::shutdown_timeout), log);
    auto second = outcome_of_run::start(consuming);
    BOOST_TEST(waits(consuming), log);
    BOOST_TEST(seen.get().begun.size() == 1U);
    open();
    BOOST_TEST(watcher->seen.wait_until([&](auto const& all) { return all.committed()[{topic, 0}] == records; }), log);
    BOOST_TEST(seen.get().most_inside == 1U);
    BOOST_TEST(consuming.stats().partitions.size() == std::size_t{partitions});
    consuming.stop();
    static_cast<void>(second.get());
}

// 1. A hook blocks while its partition is taken and given back.
// 2. stop() is called: the group is left, nothing is to be committed. The handler must not go yet.
BOOST_AUTO_TEST_CASE(a_stop_waits_for_the_hooks_of_partitions_that_were_taken_away)
{
    produce(topic, 0, 1);
    close({0});
    auto chosen = impatient();
    chosen.shutdown_timeout = 25s;
    auto consuming = engine{threads.context(), chosen};
    consuming.handle(topic, gated_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(begins(0), log);
    auto other = other_member{*this};
    BOOST_TEST_REQUIRE(other.joins(), log);
    BOOST_TEST_REQUIRE(has_all(consuming), log);
    BOOST_TEST_REQUIRE(watcher->seen.wait_until([](auto const& all) { return all.assigned.size() > 1; }), log);
    auto const before = watcher->seen.get().revoked.size();
    consuming.stop();
    BOOST_TEST(watcher->seen.wait_until([&](auto const& all) { return all.revoked.size() > before; }), log);
    other.leave();
    BOOST_TEST(!run.there());
    BOOST_TEST(seen.get().ended == 0U);
    open();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST(seen.get().ended == 1U);
}

// The end of a step is told behind a hook that blocks; when it returns, its run is gone. Shows itself under a
// sanitizer.
BOOST_AUTO_TEST_CASE(what_waits_behind_the_last_hook_tells_nobody)
{
    produce(topic, 0, 1);
    close({0});
    auto chosen = impatient();
    chosen.steps.push_back({topic});
    auto consuming = engine{threads.context(), chosen};
    consuming.handle(topic, gated_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(begins(0), log);
    BOOST_TEST(test::eventually([&] { return consuming.stats().step_passed == std::size_t{partitions} - 1; }), log);
    consuming.stop();
    BOOST_TEST(run.get() == make_error_code(errc::shutdown_timeout), log);
    open();
    BOOST_TEST(seen.wait_until([](gates const& all) { return all.ended == 1; }));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::stragglers_test

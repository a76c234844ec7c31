// Steps against brokers that do not answer, and hooks that end after their time.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace paperboy::steps_test
{
namespace
{

using namespace std::chrono_literals;
using test::mock_fixture;
using test::outcome_of_run;

// Kafka's request for committed offsets, and its refusals.
constexpr std::int16_t offset_commit = 8;
constexpr std::int16_t offset_fetch = 9;
constexpr auto coordinator_loading = 14;
constexpr auto group_not_authorized = 30;

struct events
{
    bool open = false;
    bool waiting = false;
    std::size_t first = 0;
    std::size_t second = 0;
    // Which step an engine was at when it began a record of the first topic; records of the second that came too early.
    std::vector<std::optional<std::size_t>> steps;
    std::size_t too_early = 0;
};

struct steps_fixture : test::own_cluster, mock_fixture
{
    std::string const first = make_topic(1);
    std::string const second = make_topic(2);
    test::watched<events> seen;
    test::seen_records ignored;

    steps_fixture() : mock_fixture{own} {}

    [[nodiscard]] config stepped(steps_scope scope) const
    {
        auto chosen = settings();
        chosen.steps = {{first}, {second}};
        chosen.steps_scope = scope;
        return chosen;
    }
    [[nodiscard]] bool sees(bool (*what)(events const&)) const { return seen.wait_until(what); }
    void open()
    {
        seen.update([](events& all) { all.open = true; });
    }
};

// Of the second topic: notes what comes before all of the first is finished.
struct second_handler
{
    test::watched<events>& seen;
    std::size_t wanted;

    void on_message(record_view const&)
    {
        seen.update(
            [&](events& all)
            {
                ++all.second;
                all.too_early += all.first < wanted ? 1 : 0;
            });
    }
};

// Of the first topic: waits until it is let go.
struct gated_handler
{
    test::watched<events>& seen;

    boost::asio::awaitable<void> on_message(record_view const&)
    {
        seen.update([](events& all) { all.waiting = true; });
        auto const is_open = [this] { return seen.get().open; };
        co_await test::until(is_open);
        seen.update([](events& all) { ++all.first; });
    }
};

// Blocks its thread on the first record, the first time.
struct blocking_handler
{
    test::watched<events>& seen;
    engine const& of;

    void on_message(record_view const& record)
    {
        auto blocks = false;
        seen.update(
            [&](events& all)
            {
                all.steps.push_back(of.stats().step);
                blocks = record.offset() == 0 && !all.waiting;
                all.waiting = all.waiting || blocks;
            });
        if (blocks)
            static_cast<void>(seen.wait_until([](events const& all) { return all.open; }));
        seen.update([](events& all) { ++all.first; });
    }
};

// Lets the brokers' answers take longer than a question may, as soon as the engine is assigned partitions, but none of
// a topic.
class slowing_observer final : public observer
{
public:
    slowing_observer(mock_cluster& brokers, std::string without) : brokers_{brokers}, without_{std::move(without)} {}

    void on_assigned(std::span<topic_partition const> partitions) noexcept override
    {
        auto const has = [this](topic_partition const& each) { return each.topic == without_; };
        if (partitions.empty() || std::ranges::any_of(partitions, has))
            return;
        brokers_.set_round_trip_time(1, 2500ms);
        slowed.update([](bool& value) { value = true; });
    }

    test::watched<bool> slowed;

private:
    mock_cluster& brokers_;
    std::string without_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(steps_suite, steps_fixture)

// One of two members has no partition of the first step's topic, and cannot learn of the other's.
BOOST_AUTO_TEST_CASE(a_member_that_learns_nothing_of_a_step_does_not_take_it_for_empty)
{
    produce(first, 0, 1);
    for (auto const partition : {0, 1})
        produce(second, partition, 10);
    struct member
    {
        test::log_lines log;
        std::shared_ptr<slowing_observer> watching;
        std::unique_ptr<engine> of;
        outcome_of_run run;
    };
    auto members = std::vector<member>{};
    for (auto i = 0; i < 2; ++i)
    {
        auto chosen = stepped(steps_scope::group);
        auto each = test::log_lines{};
        auto const watching = std::make_shared<slowing_observer>(own, first);
        chosen.commit.interval = 20ms;
        // Whoever is in the group first may have all partitions, and a hook that waits, when the other one comes.
        chosen.revoke_timeout = 1s;
        chosen.watcher = watching;
        chosen.log = each.sink();
        auto of = std::make_unique<engine>(io.context(), chosen);
        of->handle(first, gated_handler{seen}).handle(second, second_handler{seen, 1});
        auto run = outcome_of_run::start(*of);
        members.push_back({each, watching, std::move(of), std::move(run)});
    }
    auto const slowed = [&]
    { return std::ranges::find_if(members, [](auto const& each) { return each.watching->slowed.get(); }); };
    BOOST_REQUIRE(test::eventually([&] { return slowed() != members.end(); }));
    auto const admitted = slowed()->log.wait_for("the ends of a step's partitions are not known yet; asking again");
    BOOST_TEST(admitted, slowed()->log);
    own.set_round_trip_time(1, 0ms);
    BOOST_TEST(sees([](events const& all) { return all.waiting; }));
    open();
    auto const all_seen = sees([](events const& all) { return all.second >= 20; });
    BOOST_TEST(all_seen, "the one:\n" << members[0].log << "\nthe other:\n" << members[1].log);
    for (auto& each : members)
        each.of->stop();
    // Whether that is in time depends on the answers that are still on their slow way.
    for (auto& each : members)
        static_cast<void>(each.run.get());
    BOOST_TEST(seen.get().too_early == 0U);
}

// The commit that would end the step for the group is put off, and the question whether it has ended refused meanwhile.
BOOST_AUTO_TEST_CASE(no_answer_to_what_the_group_has_committed_is_no_yes)
{
    struct refusing_handler
    {
        steps_fixture& test;
        void on_message(record_view const&)
        {
            test.own.fail_requests(offset_commit, {coordinator_loading, coordinator_loading, coordinator_loading});
            test.own.fail_requests(offset_fetch, {group_not_authorized, group_not_authorized});
        }
    };
    struct checking_handler
    {
        steps_fixture& test;
        void on_message(record_view const&)
        {
            auto const committed = test.watcher->seen.get().committed()[{test.first, 0}];
            test.seen.update(
                [&](events& all)
                {
                    ++all.second;
                    all.too_early += committed == 1 ? 0 : 1;
                });
        }
    };
    produce(first, 0, 1);
    produce(second, 0, 10);
    auto chosen = stepped(steps_scope::group);
    chosen.commit.interval = 1min;
    auto consuming = engine{io.context(), chosen};
    consuming.handle(first, refusing_handler{*this}).handle(second, checking_handler{*this});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(sees([](events const& all) { return all.second == 10; }), log);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(seen.get().too_early == 0U);
    auto const commits = watcher->seen.get().commits;
    BOOST_TEST(std::ranges::any_of(commits, [](auto const& each) { return each.result.failed(); }));
}

// The partition is taken away while its hook blocks a thread, and comes back: what the hook passes when it returns is
// the step of the assignment before.
BOOST_AUTO_TEST_CASE(a_hook_that_ends_after_its_assignment_passes_no_later_step)
{
    produce(first, 0, 1);
    produce(second, 0, 10);
    auto chosen = stepped(steps_scope::engine);
    chosen.revoke_timeout = 300ms;
    auto consuming = engine{io.context(), chosen};
    consuming.handle(first, blocking_handler{seen, consuming}).handle(second, second_handler{seen, 2});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(sees([](events const& all) { return all.waiting; }), log);

    // Another member, of another topic: all are assigned anew, and nothing changes hands.
    auto other_settings = settings();
    other_settings.watcher = nullptr;
    auto other = engine{io.context(), other_settings};
    other.handle(topic, test::collecting_handler{ignored});
    auto other_run = outcome_of_run::start(other);
    BOOST_TEST(watcher->seen.wait_until([](auto const& all) { return !all.revoked.empty(); }), log);
    BOOST_TEST(watcher->seen.wait_until([](auto const& all) { return all.assigned.size() > 1; }), log);
    open();
    BOOST_TEST(sees([](events const& all) { return all.second == 10; }), log);
    consuming.stop();
    other.stop();
    // Whether that is in time with so short a revoke_timeout depends on the machine.
    static_cast<void>(run.get());
    BOOST_TEST(other_run.get() == error_code{});
    auto const all = seen.get();
    BOOST_TEST(all.too_early == 0U);
    BOOST_TEST(all.first >= 2U);
    for (auto const& step : all.steps)
        BOOST_TEST(step.value_or(2) == 0U);
}

// With the assignor range one of two members has no partition, until the other goes and leaves what it has not handled.
// Which of them that is differs from run to run; both are paused from the beginning, so that no step ends before.
BOOST_AUTO_TEST_CASE(a_member_that_stood_by_begins_with_the_first_step)
{
    struct counting_handler
    {
        test::watched<events>& seen;
        void on_message(record_view const&)
        {
            seen.update([](events& all) { ++all.first; });
        }
    };
    constexpr auto records = 300;
    auto const topics = std::vector{make_topic(1), make_topic(1)};
    auto chosen = settings();
    chosen.steps = {{topics[0]}, {topics[1]}};
    chosen.batch_size = 10;
    for (auto const& each : topics)
        produce(each, 0, records);
    auto members = std::vector<std::unique_ptr<engine>>{};
    auto runs = std::vector<outcome_of_run>{};
    for (auto const assignments : {1U, 3U})
    {
        members.push_back(std::make_unique<engine>(io.context(), chosen));
        members.back()->handle(topics[0], counting_handler{seen}).handle(topics[1], second_handler{seen, records});
        members.back()->pause();
        runs.push_back(outcome_of_run::start(*members.back()));
        BOOST_TEST(watcher->seen.wait_until([&](auto const& all) { return all.assigned.size() >= assignments; }), log);
    }
    auto const partitions_of = [&](std::size_t member) { return members[member]->stats().partitions.size(); };
    BOOST_TEST_REQUIRE(test::eventually([&] { return partitions_of(0) + partitions_of(1) == 2; }), log);
    auto const holder = partitions_of(0) == 2 ? 0U : 1U;
    auto const standby = 1 - holder;
    BOOST_TEST_REQUIRE(partitions_of(standby) == 0U, log);
    BOOST_TEST((members[standby]->stats().step == 0U));
    members[holder]->stop();
    BOOST_TEST(runs[holder].get() == error_code{});
    members[standby]->resume();
    BOOST_TEST(sees([](events const& all) { return all.second == records; }), log);
    members[standby]->stop();
    BOOST_TEST(runs[standby].get() == error_code{});
    BOOST_TEST(seen.get().first == std::size_t{records});
    BOOST_TEST(seen.get().too_early == 0U);
}

// One of its two partitions shows that the ends are known; of the other, a record in front of its end and some behind
// it are fetched together.
BOOST_AUTO_TEST_CASE(a_record_behind_the_end_of_a_step_holds_nothing_up)
{
    struct late_handler
    {
        test::watched<events>& seen;
        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            auto const is_open = [this] { return seen.get().open; };
            if (record.offset() > 0)
                co_await test::until(is_open);
            seen.update([](events& all) { ++all.first; });
        }
    };
    for (auto const partition : {0, 1})
        produce(second, partition, 1);
    produce(first, 0, 1);
    auto chosen = settings();
    chosen.steps = {{second}, {first}};
    auto const where = topic_partition{second, 0};
    auto consuming = engine{io.context(), chosen};
    consuming.handle(second, late_handler{seen}).handle(first, second_handler{seen, 2});
    consuming.pause(where);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(test::eventually([&] { return consuming.stats().step_passed == 1U; }), log);
    produce(second, 0, 10);
    // librdkafka's own messages count as well: what tells of the end, and up to six barriers.
    auto const has_both = [&](auto const& each)
    { return topic_partition{each.topic, each.partition} == where && each.prefetched >= 10; };
    BOOST_TEST_REQUIRE(test::eventually([&] { return std::ranges::any_of(consuming.stats().partitions, has_both); }),
                       log);
    consuming.resume(where);
    BOOST_TEST(sees([](events const& all) { return all.second == 1; }), log);
    BOOST_TEST(seen.get().first == 2U);
    open();
    BOOST_TEST(sees([](events const& all) { return all.first == 12; }), log);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(how_far_a_step_is_can_be_seen)
{
    produce(first, 0, 3);
    produce(second, 0, 1);
    auto consuming = engine{io.context(), stepped(steps_scope::engine)};
    consuming.handle(first, gated_handler{seen}).handle(second, second_handler{seen, 3});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(sees([](events const& all) { return all.waiting; }), log);
    BOOST_TEST(test::eventually([&] { return consuming.stats().step_left == 3U; }), log);
    auto const stats = consuming.stats();
    BOOST_TEST((stats.step == 0U));
    BOOST_TEST(stats.step_passed == 0U);
    BOOST_TEST(stats.step_partitions == 1U);
    open();
    BOOST_TEST(test::eventually([&] { return !consuming.stats().step; }), log);
    BOOST_TEST(consuming.stats().step_left == 0U);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(seen.get().too_early == 0U);
}

// The second step's records wait in their queue, and the brokers' answer how many there are takes its time.
BOOST_AUTO_TEST_CASE(a_step_is_handled_in_bulk_from_its_first_record_on)
{
    struct counting_handler
    {
        test::watched<events>& seen;
        void on_message(record_view const&)
        {
            seen.update([](events& all) { ++all.first; });
        }
        void on_bulk(std::span<record_view const> bulk)
        {
            seen.update([&](events& all) { all.second += bulk.size(); });
        }
    };
    produce(second, 0, 10);
    auto chosen = stepped(steps_scope::engine);
    chosen.mode.enter_above_lag = 1'000;
    auto consuming = engine{io.context(), chosen};
    consuming.handle(first, gated_handler{seen}).handle(second, counting_handler{seen});
    produce(first, 0, 1);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(sees([](events const& all) { return all.waiting; }), log);
    auto const waits = [](auto const& each) { return each.prefetched >= 10; };
    BOOST_TEST(test::eventually([&] { return std::ranges::any_of(consuming.stats().partitions, waits); }), log);
    open();
    BOOST_TEST(sees([](events const& all) { return all.first + all.second >= 11; }), log);
    auto const where = topic_partition{second, 0};
    BOOST_TEST(log.wait_for(to_string(where) + ": now single: its step is over"), log);
    BOOST_TEST(log.count(to_string(where) + ": now bulk: its step begins") == 1U, log);
    auto const both = std::vector{handling_mode::bulk, handling_mode::single};
    BOOST_TEST(watcher->seen.wait_until([&](auto const& all)
                                        { return all.modes.contains(where) && all.modes.at(where) == both; }));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(seen.get().second == 10U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::steps_test

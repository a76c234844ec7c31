// Groups that rebalance incrementally: the assignor cooperative-sticky. Where the librdkafka at hand is too old for it
// they are skipped; tools/test runs them with a newer one as well.

#include "mock_cluster/mock_fixture.hpp"
#include "support/incremental.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <ranges>
#include <span>
#include <string>

namespace paperboy::cooperative_test
{
namespace
{

using namespace std::chrono_literals;
using test::at_least;
using test::collecting_handler;
using test::outcome_of_run;
using test::seen_records;

// Kafka's API keys and error codes.
constexpr std::int16_t heartbeat = 12;
constexpr std::int16_t sync_group = 14;
constexpr int not_coordinator = 16;
constexpr int rebalance_in_progress = 27;

struct cooperative_fixture : test::own_cluster, test::mock_fixture
{
    cooperative_fixture() : mock_fixture{own} {}

    [[nodiscard]] config cooperative() const
    {
        auto settings = this->settings();
        settings.commit.interval = 20ms;
        settings.properties["partition.assignment.strategy"] = "cooperative-sticky";
        settings.properties["heartbeat.interval.ms"] = "100";
        return settings;
    }
    [[nodiscard]] bool is_committed(std::int64_t offset) const
    {
        return watcher->seen.wait_until(
            [&](auto const& all)
            {
                auto const known = all.committed();
                return std::ranges::all_of(std::views::iota(0, partitions),
                                           [&](auto partition)
                                           {
                                               auto const found = known.find({topic, partition});
                                               return found != known.end() && found->second == offset;
                                           });
            });
    }
};

// Of each partition, how many records the largest bulk had.
struct bulk_sizes
{
    std::map<std::int32_t, std::size_t> largest;
    std::size_t records = 0;
};

struct measuring_handler
{
    test::watched<bulk_sizes>& seen;

    void on_bulk(std::span<record_view const> bulk) const
    {
        seen.update(
            [&](bulk_sizes& all)
            {
                auto& largest = all.largest[bulk.front().partition()];
                largest = std::max(largest, bulk.size());
                all.records += bulk.size();
            });
    }
    static void on_message(record_view const&) {}
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(incremental_suite, cooperative_fixture,
                         *boost::unit_test::precondition(test::fit_to_cooperate))

BOOST_AUTO_TEST_CASE(records_are_handled_and_committed)
{
    for (auto partition = 0; partition < partitions; ++partition)
        produce(topic, partition, 10);
    auto seen = seen_records{};
    auto consuming = engine{io.context(), cooperative()};
    consuming.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(is_committed(10), log);
    BOOST_TEST(log.wait_for("incremental rebalances"), log);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(seen.get().size() == 40U);
    BOOST_TEST(watcher->seen.get().lost.empty());
    BOOST_TEST(watcher->seen.get().revoked.size() == 1U);
}

// Each heartbeat that says so makes librdkafka join again, while the partitions are kept.
BOOST_AUTO_TEST_CASE(rebalances_that_change_nothing_disturb_nobody)
{
    auto seen = seen_records{};
    auto consuming = engine{io.context(), cooperative()};
    consuming.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    auto expected = std::size_t{0};
    for (auto round = 0; round < 3; ++round)
    {
        cluster.fail_requests(heartbeat, {rebalance_in_progress});
        for (auto partition = 0; partition < partitions; ++partition)
            produce(topic, partition, 10);
        expected += 40;
        BOOST_TEST(seen.wait_until(at_least(expected)), log);
        BOOST_TEST(is_committed(10 * (round + 1)), log);
    }
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(seen.get().size() == expected);
    for (auto partition = 0; partition < partitions; ++partition)
        BOOST_TEST(test::offsets_of(seen, partition) == test::offsets_from(0, 30));
    BOOST_TEST(watcher->seen.get().lost.empty());
    BOOST_TEST(watcher->seen.get().assigned.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_stop_in_the_middle_of_the_first_join_ends_in_order)
{
    for (auto const patience : {0ms, 100ms, 1000ms})
    {
        cluster.fail_requests(sync_group, std::vector<int>(50, not_coordinator));
        auto seen = seen_records{};
        auto settings = cooperative();
        settings.shutdown_timeout = 3s;
        auto consuming = engine{io.context(), settings};
        consuming.handle(topic, collecting_handler{seen});
        auto run = outcome_of_run::start(consuming);
        BOOST_TEST(log.wait_for("joining group"), log);
        static_cast<void>(log.wait_for("nothing", patience));
        consuming.stop();
        auto const result = run.get();
        BOOST_TEST((!result || result == make_error_code(errc::shutdown_timeout)), result.message());
    }
}

BOOST_AUTO_TEST_CASE(two_engines_share_and_hand_over)
{
    auto seen = seen_records{};
    auto const make = [&]
    {
        auto made = std::make_unique<engine>(io.context(), cooperative());
        made->handle(topic, collecting_handler{seen});
        return made;
    };
    auto const first = make();
    auto first_run = outcome_of_run::start(*first);
    for (auto partition = 0; partition < partitions; ++partition)
        produce(topic, partition, 10);
    BOOST_TEST(seen.wait_until(at_least(40)), log);
    auto const second = make();
    auto second_run = outcome_of_run::start(*second);
    BOOST_TEST(test::eventually([&] { return second->stats().partitions.size() == 2U; }), log);
    BOOST_TEST(test::eventually([&] { return first->stats().partitions.size() == 2U; }), log);
    for (auto partition = 0; partition < partitions; ++partition)
        produce(topic, partition, 10);
    BOOST_TEST(seen.wait_until(at_least(80)), log);
    first->stop();
    BOOST_TEST(first_run.get() == error_code{});
    BOOST_TEST(test::eventually([&] { return second->stats().partitions.size() == 4U; }), log);
    for (auto partition = 0; partition < partitions; ++partition)
        produce(topic, partition, 10);
    BOOST_TEST(seen.wait_until(at_least(120)), log);
    second->stop();
    BOOST_TEST(second_run.get() == error_code{});
    BOOST_TEST(seen.get().size() == 120U);
    BOOST_TEST(watcher->seen.get().lost.empty());
}

// A partition's eighth is 512 KiB among four and 1 MiB among two: bulks of 52 or 104 records of 10,000 bytes.
BOOST_AUTO_TEST_CASE(partitions_that_stay_get_what_others_leave_of_the_memory_and_give_it_back)
{
    constexpr auto together = std::size_t{200};
    auto const value = std::string(10'000, 'x');
    auto const produce_to = [&](std::int32_t partition)
    {
        for (auto i = std::size_t{0}; i < together; ++i)
            cluster.produce(topic, {.key = {}, .value = value, .partition = partition, .headers = {}});
        cluster.flush();
    };
    auto seen = test::watched<bulk_sizes>{};
    auto of_second = test::watched<bulk_sizes>{};
    auto const make = [&](auto& measured)
    {
        auto settings = cooperative();
        settings.memory_limit = std::size_t{16} * 1024 * 1024;
        settings.mode = {.mode = handling_mode::bulk};
        settings.mode.max_wait = 5s;
        auto made = std::make_unique<engine>(io.context(), settings);
        made->handle(topic, measuring_handler{measured});
        return made;
    };
    auto const has = [](engine const& which, std::size_t count)
    { return test::eventually([&] { return which.stats().partitions.size() == count; }); };
    auto const first = make(seen);
    auto first_run = outcome_of_run::start(*first);
    BOOST_TEST(has(*first, 4), log);
    auto const second = make(of_second);
    auto second_run = outcome_of_run::start(*second);
    BOOST_TEST(has(*second, 2), log);
    BOOST_TEST(has(*first, 2), log);
    auto const stays = first->stats().partitions.front().partition;
    produce_to(stays);
    BOOST_TEST(seen.wait_until([&](auto const& all) { return all.records == together; }), log);
    BOOST_TEST(seen.get().largest[stays] > 52U);

    second->stop();
    BOOST_TEST(second_run.get() == error_code{});
    BOOST_TEST(has(*first, 4), log);
    seen.update([](auto& all) { all = {}; });
    produce_to(stays);
    BOOST_TEST(seen.wait_until([&](auto const& all) { return all.records == together; }), log);
    BOOST_TEST(seen.get().largest[stays] <= 52U);
    first->stop();
    BOOST_TEST(first_run.get() == error_code{});
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::cooperative_test

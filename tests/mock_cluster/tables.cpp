// Tables against a cluster: restored before the first record, in the changelog before the commit, in the store after
// it.

#include "mock_cluster/mock_fixture.hpp"
#include "support/kept_store.hpp"
#include "support/topic_reader.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <map>

namespace paperboy::tables_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::outcome_of_run;

using count_table = table<std::string, std::int64_t>;

std::string packed(auto const& value)
{
    auto out = std::string{};
    write_msgpack(value, out);
    return out;
}

// Counts the values that come.
struct counting_handler
{
    count_table counts;
    test::watched<int>& handled;

    void on_message(record_view const& record)
    {
        counts.shard(record).update(record.value(), [](auto seen) { return seen.value_or(0) + 1; });
        handled.update([](int& count) { ++count; });
    }
    void on_tombstone(record_view const& record)
    {
        counts.shard(record).erase(record.key());
        handled.update([](int& count) { ++count; });
    }
};

struct table_fixture : test::mock_fixture
{
    table_fixture() { cluster.create_topic(changelog, partitions); }

    [[nodiscard]] table_options options() const
    {
        auto result = table_options{};
        result.changelog = changelog;
        result.checkpoint_interval = 20ms;
        return result;
    }

    // Runs a counting engine until so many more records are handled, and then `look`; stops it.
    template <class Look>
    error_code run_until(int records, Look look, config const& with, table_options const& having)
    {
        handled.update([](int& count) { count = 0; });
        auto which = engine{io.context(), with};
        auto const counts = stores ? which.make_table<std::string, std::int64_t>("counts", stores, having)
                                   : which.make_table<std::string, std::int64_t>("counts", memory_store{}, having);
        which.handle(topic, counting_handler{counts, handled});
        auto outcome = outcome_of_run::start(which);
        BOOST_TEST(handled.wait_until([&](int count) { return count >= records; }), log);
        look(which, counts);
        which.stop();
        return outcome.get();
    }
    template <class Look>
    error_code run_until(int records, Look look)
    {
        return run_until(records, look, settings(), options());
    }

    // The last of each key, as another client reads it.
    [[nodiscard]] std::map<std::string, std::string> fold(std::size_t records) const
    {
        auto result = std::map<std::string, std::string>{};
        for (auto const& each : test::read_topic(cluster.bootstrap_servers(), changelog, records, partitions))
        {
            if (each.value)
                result[*each.key] = *each.value;
            else
                result.erase(*each.key);
        }
        return result;
    }

    [[nodiscard]] std::int64_t committed(std::int32_t partition) const
    {
        return watcher->seen.get().committed()[{topic, partition}];
    }

    [[nodiscard]] static std::optional<std::int64_t> ask(count_table const& counts, std::int32_t partition,
                                                         std::string const& key)
    {
        return counts.async_get_in(partition, key, asio::use_future).get();
    }

    [[nodiscard]] static error_code error_of(count_table const& counts, std::int32_t partition, std::string const& key)
    {
        auto got = std::promise<error_code>{};
        counts.async_get_in(partition, key,
                            [&](error_code result, std::optional<std::int64_t>) { got.set_value(result); });
        return got.get_future().get();
    }

    std::string const changelog = topic + "-changelog";
    std::shared_ptr<test::kept_stores> stores;
    test::watched<int> handled;
};

constexpr auto look_at_nothing = [](engine&, count_table const&) {};

} // namespace

BOOST_FIXTURE_TEST_SUITE(tables_follow, table_fixture)

BOOST_AUTO_TEST_CASE(a_table_in_memory_is_restored_by_each_run)
{
    for (auto run = 1; run <= 3; ++run)
    {
        produce(topic, 1, 5);
        auto const error =
            run_until(5,
                      [&](engine& which, count_table const& counts)
                      {
                          BOOST_TEST(test::eventually([&] { return which.health().restoring == 0; }), log);
                          BOOST_TEST(ask(counts, 1, "3").value_or(0) == run);
                          BOOST_TEST(!ask(counts, 0, "3"));
                      });
        BOOST_TEST(!error, log);
        auto const kept = fold(static_cast<std::size_t>(5 * run));
        BOOST_TEST(kept.size() == 5U);
        BOOST_TEST(kept.at(packed(std::string{"3"})) == packed(run));
        BOOST_TEST(committed(1) == 5 * run);
    }
}

BOOST_AUTO_TEST_CASE(a_store_keeps_what_was_acknowledged_and_the_tail_alone_is_read_again)
{
    stores = std::make_shared<test::kept_stores>();
    produce(topic, 2, 5);
    BOOST_TEST(!run_until(5, look_at_nothing), log);
    auto const first = stores->of("counts", 2);
    BOOST_TEST(first.entries.size() == 5U);
    BOOST_TEST(first.next_offset.value_or(-1) == 5);
    BOOST_TEST(!first.open);

    // Older by two changes, as after a crash.
    stores->change("counts", 2,
                   [](auto& kept)
                   {
                       kept.entries.erase(packed(std::string{"3"}));
                       kept.entries.erase(packed(std::string{"4"}));
                       kept.next_offset = 3;
                   });
    produce(topic, 2, 5);
    BOOST_TEST(!run_until(5,
                          [&](engine& which, count_table const& counts)
                          {
                              BOOST_TEST(ask(counts, 2, "0").value_or(0) == 2);
                              BOOST_TEST(ask(counts, 2, "4").value_or(0) == 2);
                              for (auto const& each : which.stats().shards)
                                  if (each.partition == 2)
                                      BOOST_TEST(each.restored == 2U);
                          }),
               log);
    BOOST_TEST(stores->of("counts", 2).next_offset.value_or(-1) == 10);
    BOOST_TEST(stores->of("counts", 2).cleared == 1);
}

BOOST_AUTO_TEST_CASE(a_store_ahead_of_the_changelog_ends_the_run_and_is_left)
{
    stores = std::make_shared<test::kept_stores>();
    produce(topic, 0, 3);
    BOOST_TEST(!run_until(3, look_at_nothing), log);
    stores->change("counts", 0, [](auto& kept) { kept.next_offset = 1000; });
    auto which = engine{io.context(), settings()};
    which.handle(topic,
                 counting_handler{which.make_table<std::string, std::int64_t>("counts", stores, options()), handled});
    BOOST_TEST(outcome_of_run::start(which).get() == make_error_code(errc::wrong_changelog), log);
    BOOST_TEST(log.wait_for("partition 0 of table \"counts\": its changelog \"" + changelog +
                            "\" has lost what its store has: "),
               log);
    BOOST_TEST(log.wait_for("offset 1000 is to be read next, but the partition ends at 3"), log);
    BOOST_TEST(stores->of("counts", 0).entries.size() == 3U);
    BOOST_TEST(stores->of("counts", 0).next_offset.value_or(0) == 1000);
}

BOOST_AUTO_TEST_CASE(a_store_ahead_of_the_changelog_is_rebuilt_where_that_is_wanted)
{
    stores = std::make_shared<test::kept_stores>();
    produce(topic, 0, 3);
    BOOST_TEST(!run_until(3, look_at_nothing), log);
    stores->change("counts", 0,
                   [](auto& kept)
                   {
                       kept.entries["stale"] = "stale";
                       kept.next_offset = 1000;
                   });
    produce(topic, 0, 3);
    auto having = options();
    having.on_changelog_loss = changelog_loss::rebuild;
    BOOST_TEST(!run_until(
                   3, [&](engine&, count_table const& counts) { BOOST_TEST(ask(counts, 0, "2").value_or(0) == 2); },
                   settings(), having),
               log);
    BOOST_TEST(stores->of("counts", 0).entries.size() == 3U);
    BOOST_TEST(stores->of("counts", 0).next_offset.value_or(-1) == 6);
}

BOOST_AUTO_TEST_CASE(a_partition_waits_for_its_shard_and_others_do_not)
{
    stores = std::make_shared<test::kept_stores>();
    auto gate = std::promise<void>{};
    stores->change("counts", 0, [&](auto& kept) { kept.gate = gate.get_future().share(); });
    produce(topic, 0, 2);
    produce(topic, 1, 3);
    auto which = engine{io.context(), settings()};
    auto const counts = which.make_table<std::string, std::int64_t>("counts", stores, options());
    which.handle(topic, counting_handler{counts, handled});
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(handled.wait_until([](int count) { return count >= 3; }), log);
    BOOST_TEST(handled.get() == 3);
    BOOST_TEST(ask(counts, 1, "2").value_or(0) == 1);
    BOOST_TEST(error_of(counts, 0, "1") == make_error_code(errc::restoring));
    BOOST_TEST(!which.health().ready());
    BOOST_TEST(test::eventually([&] { return which.health().restoring == 1U; }), log);
    BOOST_TEST(which.health().reason.find("restoring table") != std::string::npos, which.health().reason);
    gate.set_value();
    BOOST_TEST(handled.wait_until([](int count) { return count >= 5; }), log);
    BOOST_TEST(test::eventually([&] { return which.health().ready(); }));
    BOOST_TEST(ask(counts, 0, "1").value_or(0) == 1);
    which.stop();
    BOOST_TEST(!outcome.get(), log);
}

BOOST_AUTO_TEST_CASE(a_stop_during_a_restore_commits_nothing)
{
    stores = std::make_shared<test::kept_stores>();
    auto gate = std::promise<void>{};
    stores->change("counts", 0, [&](auto& kept) { kept.gate = gate.get_future().share(); });
    produce(topic, 0, 2);
    auto which = engine{io.context(), settings()};
    auto const counts = which.make_table<std::string, std::int64_t>("counts", stores, options());
    which.handle(topic, counting_handler{counts, handled});
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(test::eventually([&] { return which.health().restoring == 1; }), log);
    which.stop();
    gate.set_value();
    BOOST_TEST(!outcome.get(), log);
    BOOST_TEST(handled.get() == 0);
    BOOST_TEST(committed(0) == 0);
    BOOST_TEST(!stores->of("counts", 0).open);
}

BOOST_AUTO_TEST_CASE(stores_that_take_too_much_memory_are_refused)
{
    struct large_stores final : shard_store_provider
    {
        [[nodiscard]] std::unique_ptr<shard_store> open(std::string_view, std::int32_t) override { return nullptr; }
        [[nodiscard]] std::size_t memory_bytes() const noexcept override { return std::size_t{129} << 20U; }
    };
    auto which = engine{io.context(), settings()};
    auto const counts =
        which.make_table<std::string, std::int64_t>("counts", std::make_shared<large_stores>(), options());
    which.handle(topic, counting_handler{counts, handled});
    BOOST_TEST(outcome_of_run::start(which).get() == make_error_code(errc::invalid_config), log);
    BOOST_TEST(which.last_failure().text.find("135266304 bytes of memory, more than half of config::memory_limit") !=
                   std::string::npos,
               which.last_failure().text);
}

BOOST_AUTO_TEST_CASE(a_store_that_another_process_holds_ends_the_run)
{
    stores = std::make_shared<test::kept_stores>();
    stores->change("counts", 2, [](auto& kept) { kept.open = true; });
    auto which = engine{io.context(), settings()};
    auto const counts = which.make_table<std::string, std::int64_t>("counts", stores, options());
    which.handle(topic, counting_handler{counts, handled});
    BOOST_TEST(outcome_of_run::start(which).get() == make_error_code(errc::store_failed), log);
    BOOST_TEST(which.last_failure().text.find("partition 2 of table \"counts\"") != std::string::npos,
               which.last_failure().text);
}

BOOST_AUTO_TEST_CASE(checkpoints_come_while_the_engine_runs)
{
    stores = std::make_shared<test::kept_stores>();
    produce(topic, 0, 3);
    BOOST_TEST(
        !run_until(
            3, [&](engine&, count_table const&)
            { BOOST_TEST(test::eventually([&] { return stores->of("counts", 0).next_offset.value_or(0) == 3; })); }),
        log);
}

BOOST_AUTO_TEST_CASE(hooks_go_on_while_a_checkpoint_is_written_and_a_stop_waits_for_it)
{
    stores = std::make_shared<test::kept_stores>();
    auto gate = std::promise<void>{};
    produce(topic, 0, 3);
    BOOST_TEST(!run_until(3,
                          [&](engine& which, count_table const& counts)
                          {
                              stores->change("counts", 0, [&](auto& kept) { kept.apply_gate = gate.get_future(); });
                              produce(topic, 0, 3);
                              BOOST_TEST(test::eventually([&] { return stores->of("counts", 0).at_apply_gate > 0; }),
                                         log);
                              produce(topic, 0, 3);
                              BOOST_TEST(handled.wait_until([](int count) { return count >= 9; }), log);
                              BOOST_TEST(ask(counts, 0, "1").value_or(0) == 3);
                              which.stop();
                              gate.set_value();
                          }),
               log);
    BOOST_TEST(stores->of("counts", 0).next_offset.value_or(-1) == 9);
    BOOST_TEST(!stores->of("counts", 0).open);
}

BOOST_AUTO_TEST_CASE(a_store_for_one_thread_is_written_on_the_strand)
{
    stores = std::make_shared<test::kept_stores>();
    stores->change("counts", 0, [](auto& kept) { kept.concurrent = false; });
    produce(topic, 0, 3);
    BOOST_TEST(!run_until(3, look_at_nothing), log);
    BOOST_TEST(stores->of("counts", 0).next_offset.value_or(-1) == 3);
    BOOST_TEST(!stores->of("counts", 0).open);
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_be_written_costs_memory_only)
{
    stores = std::make_shared<test::kept_stores>();
    produce(topic, 0, 3);
    BOOST_TEST(!run_until(3,
                          [&](engine& which, count_table const& counts)
                          {
                              stores->change("counts", 0, [](auto& kept) { kept.fails = store_failure::unusable; });
                              produce(topic, 0, 3);
                              BOOST_TEST(handled.wait_until([](int count) { return count >= 6; }), log);
                              BOOST_TEST(test::eventually(
                                  [&]
                                  {
                                      auto failed = std::uint64_t{0};
                                      for (auto const& each : which.stats().shards)
                                          failed += each.failed_checkpoints;
                                      return failed > 0;
                                  }));
                              BOOST_TEST(ask(counts, 0, "1").value_or(0) == 2);
                              stores->change("counts", 0, [](auto& kept) { kept.fails.reset(); });
                          }),
               log);
    BOOST_TEST(stores->of("counts", 0).next_offset.value_or(-1) == 6);
}

BOOST_AUTO_TEST_CASE(changes_of_one_batch_are_coalesced_and_hold_their_offsets)
{
    for (auto i = 0; i < 100; ++i)
        cluster.produce(topic, {.key = "k", .value = "same", .partition = 0});
    cluster.flush();
    auto having = options();
    having.coalesce = true;
    BOOST_TEST(!run_until(
                   100, [&](engine&, count_table const& counts)
                   { BOOST_TEST(ask(counts, 0, "same").value_or(0) == 100); }, settings(), having),
               log);
    auto const records = test::read_topic(cluster.bootstrap_servers(), changelog, 1, partitions);
    BOOST_TEST(records.size() < 100U);
    BOOST_TEST(fold(1).at(packed(std::string{"same"})) == packed(100));
    BOOST_TEST(committed(0) == 100);
}

BOOST_AUTO_TEST_CASE(a_tombstone_erases)
{
    produce(topic, 0, 2);
    cluster.produce(topic, {.key = "1", .value = std::nullopt, .partition = 0});
    cluster.flush();
    BOOST_TEST(!run_until(3, [&](engine&, count_table const& counts) { BOOST_TEST(!ask(counts, 0, "1")); }), log);
    BOOST_TEST(fold(3).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_change_that_cannot_be_produced_ends_the_run_and_nothing_is_committed)
{
    constexpr std::int16_t produce_request = 0;
    constexpr int invalid_record = 87;
    produce(topic, 0, 1);
    cluster.fail_requests(produce_request, {invalid_record});
    BOOST_TEST(run_until(1, look_at_nothing) == make_error_code(errc::produce_failed), log);
    BOOST_TEST(committed(0) == 0);
}

BOOST_AUTO_TEST_CASE(a_table_without_its_partition_says_so)
{
    produce(topic, 0, 1);
    auto kept = std::optional<count_table>{};
    BOOST_TEST(!run_until(1,
                          [&](engine&, count_table const& counts)
                          {
                              kept = counts;
                              BOOST_TEST(counts.partition_of("a").has_value());
                              BOOST_TEST(error_of(counts, partitions, "a") == make_error_code(errc::not_local));
                              auto const found = counts.async_scan("", 10, asio::use_future).get();
                              BOOST_TEST(found.size() == 1U);
                          }),
               log);
    auto got = std::promise<error_code>{};
    kept->async_get("a", [&](error_code result, std::optional<std::int64_t>) { got.set_value(result); });
    BOOST_TEST(got.get_future().get() == make_error_code(errc::not_running));
}

BOOST_AUTO_TEST_CASE(topics_that_feed_a_table_need_the_same_number_of_partitions)
{
    auto const other = make_topic(partitions + 1);
    auto which = engine{io.context(), settings()};
    auto const counts = which.make_table<std::string, std::int64_t>("counts", memory_store{}, options());
    which.handle(topic, counting_handler{counts, handled}).handle(other, counting_handler{counts, handled});
    BOOST_TEST(outcome_of_run::start(which).get() == make_error_code(errc::wrong_changelog), log);
    BOOST_TEST(which.last_failure().text.find("table_options::sources") != std::string::npos,
               which.last_failure().text);
}

BOOST_AUTO_TEST_CASE(two_topics_share_a_table)
{
    auto const other = make_topic(partitions);
    produce(topic, 3, 4);
    produce(other, 3, 4);
    auto which = engine{io.context(), settings()};
    auto const counts = which.make_table<std::string, std::int64_t>("counts", memory_store{}, options());
    which.handle(topic, counting_handler{counts, handled}).handle(other, counting_handler{counts, handled});
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(handled.wait_until([](int count) { return count >= 8; }), log);
    BOOST_TEST(ask(counts, 3, "2").value_or(0) == 2);
    which.stop();
    BOOST_TEST(!outcome.get(), log);
}

BOOST_AUTO_TEST_CASE(an_engine_without_the_changelogs_partitions_ends)
{
    auto having = options();
    having.changelog = make_topic(partitions + 2);
    produce(topic, 0, 1);
    auto which = engine{io.context(), settings()};
    auto const counts = which.make_table<std::string, std::int64_t>("counts", memory_store{}, having);
    which.handle(topic, counting_handler{counts, handled});
    BOOST_TEST(outcome_of_run::start(which).get() == make_error_code(errc::wrong_changelog), log);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables_test

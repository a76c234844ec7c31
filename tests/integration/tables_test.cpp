// Tables against a real broker: what they hold is what their changelogs say, over restarts and rebalances.

#include "support/broker_engine.hpp"
#include "support/broker_producer.hpp"
#include "support/incremental.hpp"
#include "support/kept_store.hpp"
#include "support/topic_reader.hpp"
#ifdef PAPERBOY_TEST_ROCKSDB
#include "support/table_folder.hpp"

#include <paperboy/rocksdb_store.hpp>
#endif

#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace paperboy::test::tables_test
{
namespace
{

using namespace std::chrono_literals;

constexpr int partitions = 3;
constexpr auto patience = 30s;

using counts = table<std::string, std::int64_t>;
using view_counts = std::map<std::string, std::int64_t>;

// The page views of the README: one more for each record, none after a tombstone.
struct counting_handler
{
    counts views;

    void on_message(record_view const& record)
    {
        views.shard(record).update(record.key(), [](auto seen) { return seen.value_or(0) + 1; });
    }
    void on_tombstone(record_view const& record) { views.shard(record).erase(record.key()); }
};

// As the first version of paperboy, in Python, showed it in its README, where the count was wrong after a restart.
struct page_view_handler
{
    counts metrics;

    void on_message(record_view const& record) const
    {
        auto const metric = metrics.shard(record);
        auto const clicks = metric.get("page_views");
        metric.set("page_views", clicks.value_or(0) + 1);
    }
    void on_tombstone(record_view const& record) const { metrics.shard(record).erase("page_views"); }
};

// An independent fold of a changelog.
std::map<std::string, std::string> fold_of(std::string const& changelog, std::size_t at_least)
{
    auto fold = std::map<std::string, std::string>{};
    for (auto const& each : read_topic(bootstrap_servers(), changelog, at_least, partitions))
    {
        if (each.value)
            fold[*each.key] = *each.value;
        else
            fold.erase(*each.key);
    }
    return fold;
}

std::string packed(std::string const& text)
{
    auto out = std::string{};
    write_msgpack(text, out);
    return out;
}

std::string packed(std::int64_t number)
{
    auto out = std::string{};
    write_msgpack(number, out);
    return out;
}

struct tables_fixture
{
    // Page `n` goes to partition n % partitions, `times` times.
    void view(int pages, int times)
    {
        for (auto i = 0; i < times; ++i)
            for (auto page = 0; page < pages; ++page)
                sender.send(input, {.partition = page % partitions, .key = key_of(page), .value = "view"});
        sender.flush();
        sent += pages * times;
    }

    [[nodiscard]] static std::string key_of(int page) { return "page " + std::to_string(page); }

    [[nodiscard]] bool all_handled(running_engine& engine, std::int64_t records) const
    {
        return eventually([&] { return engine->stats().records >= static_cast<std::uint64_t>(records); }, patience);
    }

    [[nodiscard]] bool all_committed()
    {
        return eventually(
            [&]
            {
                auto sum = std::int64_t{0};
                for (auto const& [partition, offset] : group_view{group}.committed(input, partitions))
                    sum += offset;
                return sum == sent;
            },
            patience);
    }

    [[nodiscard]] static std::optional<std::int64_t> ask(counts const& table, int page)
    {
        return table.async_get_in(page % partitions, key_of(page), boost::asio::use_future).get();
    }

    // An engine counts, another joins it, and is left alone.
    void move_tables(properties const& protocol);

    cluster brokers;
    std::string const input = brokers.make_topic("views", partitions);
    std::string const group = unique_name("views");
    std::string const name = unique_name("counts");
    producer sender;
    std::int64_t sent = 0;
};

void tables_fixture::move_tables(properties const& protocol)
{
    constexpr int pages = 12;
    auto const make = [&](std::string const& who)
    {
        auto settings = test_config(group);
        settings.properties.insert(protocol.begin(), protocol.end());
        return std::make_unique<running_engine>(
            who, std::move(settings), [&](engine& which)
            { which.handle(input, counting_handler{which.make_table<std::string, std::int64_t>(name)}); }, 2);
    };
    auto const assigned = [](running_engine& engine) { return engine->stats().partitions.size(); };
    auto const ready = [](running_engine& engine) { return engine->health().ready(); };

    view(pages, 50);
    auto first = make("first");
    BOOST_REQUIRE(all_handled(*first, 50 * pages));
    auto second = make("second");
    BOOST_REQUIRE(eventually(
        [&] { return assigned(*first) > 0 && assigned(*second) > 0 && ready(*first) && ready(*second); }, patience));
    view(pages, 50);
    BOOST_REQUIRE(all_committed());
    BOOST_TEST(!first->stop());
    BOOST_REQUIRE(eventually([&] { return assigned(*second) == partitions && ready(*second); }, patience));
    view(pages, 50);
    BOOST_REQUIRE(all_committed());
    BOOST_TEST(!second->stop());

    auto const fold = fold_of(name + "_changelog", static_cast<std::size_t>(sent));
    BOOST_TEST(fold.size() == pages);
    for (auto page = 0; page < pages; ++page)
        BOOST_TEST(fold.at(packed(key_of(page))) == packed(std::int64_t{150}));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(tables, tables_fixture)

BOOST_AUTO_TEST_CASE(page_views_are_right_after_every_restart)
{
    auto stores = std::vector<std::function<std::shared_ptr<shard_store_provider>()>>{[] { return nullptr; }};
#ifdef PAPERBOY_TEST_ROCKSDB
    auto const folder = table_folder{};
    stores.emplace_back([&] { return open_rocksdb(folder.path()); });
#endif
    for (auto const& open : stores)
    {
        auto const page_views = brokers.make_topic("page-views", 1);
        auto const metrics_name = unique_name("metrics");
        for (auto run = 1; run <= 3; ++run)
        {
            for (auto i = 0; i < 100; ++i)
                sender.send(page_views, {.key = "visitor", .value = "view"});
            sender.flush();
            auto metrics = std::optional<counts>{};
            auto running = running_engine{"tables", test_config(metrics_name), [&](engine& which)
                                          {
                                              metrics =
                                                  which.make_table<std::string, std::int64_t>(metrics_name, open());
                                              which.handle(page_views, page_view_handler{*metrics});
                                          }};
            BOOST_REQUIRE(all_handled(running, 100));
            auto const got = metrics->async_get_in(0, "page_views", boost::asio::use_future).get();
            BOOST_TEST(got.value_or(0) == 100 * run);
            BOOST_TEST(!running.stop());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_table_in_memory_is_right_after_every_restart)
{
    constexpr int pages = 10;
    for (auto run = 1; run <= 3; ++run)
    {
        view(pages, 20);
        auto table = std::optional<counts>{};
        auto running = running_engine{"tables", test_config(group), [&](engine& which)
                                      {
                                          table = which.make_table<std::string, std::int64_t>(name);
                                          which.handle(input, counting_handler{*table});
                                      }};
        BOOST_REQUIRE(all_handled(running, pages * 20));
        for (auto page = 0; page < pages; ++page)
            BOOST_TEST(ask(*table, page).value_or(0) == 20 * run);
        BOOST_TEST(!running.stop());
        BOOST_REQUIRE(all_committed());
        auto const fold = fold_of(name + "_changelog", static_cast<std::size_t>(sent));
        BOOST_TEST(fold.size() == pages);
        for (auto page = 0; page < pages; ++page)
            BOOST_TEST(fold.at(packed(key_of(page))) == packed(std::int64_t{20 * run}));
    }
}

BOOST_AUTO_TEST_CASE(a_restart_with_a_store_reads_the_tail_only)
{
    constexpr int pages = 10;
    auto const stores = std::make_shared<kept_stores>();
    for (auto run = 1; run <= 3; ++run)
    {
        view(pages, 20);
        auto table = std::optional<counts>{};
        auto running = running_engine{"tables", test_config(group), [&](engine& which)
                                      {
                                          table = which.make_table<std::string, std::int64_t>(name, stores);
                                          which.handle(input, counting_handler{*table});
                                      }};
        BOOST_REQUIRE(all_handled(running, pages * 20));
        for (auto page = 0; page < pages; ++page)
            BOOST_TEST(ask(*table, page).value_or(0) == 20 * run);
        for (auto const& each : running->stats().shards)
            BOOST_TEST(each.restored == 0U);
        BOOST_TEST(!running.stop());
        BOOST_REQUIRE(all_committed());
        for (auto partition = 0; partition < partitions; ++partition)
        {
            auto const kept = stores->of(name, partition);
            BOOST_TEST(kept.next_offset.value_or(-1) == brokers.end_offset(name + "_changelog", partition));
            BOOST_TEST(kept.cleared == 1);
            for (auto const& [key, value] : kept.entries)
                BOOST_TEST(value == packed(std::int64_t{20 * run}));
        }
    }
}

// A handler of either engine sees the whole history of its keys, whoever had them before.
BOOST_AUTO_TEST_CASE(tables_move_with_their_partitions)
{
    move_tables({});
}

BOOST_AUTO_TEST_CASE(a_changelog_that_does_not_fit_ends_the_run)
{
    brokers.create_topic(name + "_changelog", partitions, {{"cleanup.policy", "delete"}});
    auto running =
        running_engine{"tables", test_config(group), [&](engine& which)
                       { which.handle(input, counting_handler{which.make_table<std::string, std::int64_t>(name)}); }};
    BOOST_TEST(running.wait() == make_error_code(errc::wrong_changelog));
    BOOST_TEST(running->last_failure().text.find("cleanup.policy") != std::string::npos, running->last_failure().text);
}

// A tombstone that was compacted away two days ago is told by nothing but the store's age.
BOOST_AUTO_TEST_CASE(a_store_that_is_older_than_tombstones_stay_is_rebuilt_if_anything_has_come_since)
{
    constexpr int pages = 3;
    constexpr auto ghost = "a key whose tombstone is gone";
    auto const stores = std::make_shared<kept_stores>();
    auto const count = [&]
    {
        view(pages, 5);
        auto running = running_engine{
            "tables", test_config(group), [&](engine& which)
            { which.handle(input, counting_handler{which.make_table<std::string, std::int64_t>(name, stores)}); }};
        BOOST_REQUIRE(all_handled(running, pages * 5));
        BOOST_TEST(!running.stop());
    };
    count();
    auto const prepare = [&](std::int32_t partition, std::chrono::hours age, bool changed)
    {
        stores->change(name, partition,
                       [&](auto& kept)
                       {
                           kept.entries[ghost] = packed(std::int64_t{1});
                           kept.as_of = std::chrono::system_clock::now() - age;
                       });
        if (changed)
            sender.send(name + "_changelog",
                        {.partition = partition, .key = packed("another"), .value = packed(std::int64_t{1})});
    };
    prepare(0, 48h, true);
    prepare(1, 48h, false);
    prepare(2, 1h, true);
    sender.flush();
    count();
    auto const has_ghost = [&](std::int32_t partition) { return stores->of(name, partition).entries.contains(ghost); };
    BOOST_TEST(!has_ghost(0));
    BOOST_TEST(has_ghost(1));
    BOOST_TEST(has_ghost(2));
    for (auto partition = 0; partition < partitions; ++partition)
    {
        auto const kept = stores->of(name, partition);
        BOOST_TEST(kept.cleared == (partition == 0 ? 2 : 1));
        BOOST_TEST(kept.entries.at(packed(key_of(partition))) == packed(std::int64_t{10}));
    }
}

namespace
{

// Its changelog is damaged by somebody while no engine runs: what a store has of it is nowhere else.
struct lost_changelog : tables_fixture
{
    static constexpr int pages = 3;

    running_engine start(changelog_loss on_loss)
    {
        return {"tables", test_config(group), [&](engine& which)
                {
                    auto options = table_options{};
                    options.on_changelog_loss = on_loss;
                    table = which.make_table<std::string, std::int64_t>(name, stores, options);
                    which.handle(input, counting_handler{*table});
                }};
    }
    void count(std::int64_t expected, changelog_loss on_loss = changelog_loss::fail)
    {
        view(pages, 5);
        auto running = start(on_loss);
        BOOST_REQUIRE(all_handled(running, pages * 5));
        for (auto page = 0; page < pages; ++page)
            BOOST_TEST(ask(*table, page).value_or(0) == expected);
        BOOST_TEST(!running.stop());
    }
    // Each time anew, and nothing is handled or thrown away.
    void expect_refusal(std::string_view why)
    {
        for (auto again = 0; again < 2; ++again)
        {
            auto running = start(changelog_loss::fail);
            BOOST_TEST(running.wait() == make_error_code(errc::wrong_changelog));
            BOOST_TEST(running.logged("has lost what its store has"));
            BOOST_TEST(running.logged(why));
        }
        for (auto partition = 0; partition < partitions; ++partition)
            BOOST_TEST(stores->of(name, partition).entries.at(packed(key_of(partition))) == packed(std::int64_t{5}));
    }

    std::shared_ptr<kept_stores> stores = std::make_shared<kept_stores>();
    std::optional<counts> table;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_changelog_that_was_made_anew_is_noticed, lost_changelog)
{
    count(5);
    brokers.delete_topic(name + "_changelog");
    expect_refusal("it is of the topic ");
    count(5, changelog_loss::rebuild);
}

BOOST_FIXTURE_TEST_CASE(a_changelog_that_is_shorter_than_a_store_is_noticed, lost_changelog)
{
    brokers.create_topic(name + "_changelog", partitions, {{"cleanup.policy", "compact"}});
    count(5);
    brokers.delete_topic(name + "_changelog");
    brokers.create_topic(name + "_changelog", partitions, {{"cleanup.policy", "compact"}});
    expect_refusal("offset 5 is to be read next, but the partition ends at 0");
    count(5, changelog_loss::rebuild);
}

// One that an operator has made, without a mark, and that others have written past the store's offset: they go by it.
BOOST_AUTO_TEST_CASE(a_changelog_without_a_mark_that_was_made_anew_and_has_grown_is_noticed)
{
    constexpr int pages = 3;
    auto const stores = std::make_shared<kept_stores>();
    auto const count = [&](std::shared_ptr<shard_store_provider> const& in, int first, int times, auto look)
    {
        for (auto i = 0; i < times; ++i)
            for (auto page = first; page < first + pages; ++page)
                sender.send(input, {.partition = page % partitions, .key = key_of(page), .value = "view"});
        sender.flush();
        auto table = std::optional<counts>{};
        auto running = running_engine{"tables", test_config(group), [&](engine& which)
                                      {
                                          table = which.make_table<std::string, std::int64_t>(name, in);
                                          which.handle(input, counting_handler{*table});
                                      }};
        BOOST_REQUIRE(all_handled(running, std::int64_t{times} * pages));
        look(*table);
        BOOST_TEST(!running.stop());
    };
    auto const expect = [](int page, std::optional<std::int64_t> seen)
    { return [page, seen](counts const& table) { BOOST_TEST((ask(table, page) == seen)); }; };
    auto const make_changelog = [&]
    { brokers.create_topic(name + "_changelog", partitions, {{"cleanup.policy", "compact"}}); };
    make_changelog();
    count(stores, 0, 5, expect(0, 5));
    count(stores, 0, 5, expect(0, 10));
    for (auto partition = 0; partition < partitions; ++partition)
        BOOST_TEST(stores->of(name, partition).cleared == 1);
    brokers.delete_topic(name + "_changelog");
    make_changelog();
    count(nullptr, pages, 15, expect(pages, 15));
    count(stores, pages, 5,
          [&](counts const& table)
          {
              for (auto page = 0; page < pages; ++page)
              {
                  expect(page, std::nullopt)(table);
                  expect(pages + page, 20)(table);
              }
          });
    for (auto partition = 0; partition < partitions; ++partition)
        BOOST_TEST(stores->of(name, partition).cleared == 2);
}

// What the table has is in no changelog any more.
BOOST_AUTO_TEST_CASE(a_changelog_that_is_made_anew_during_a_run_ends_it)
{
    constexpr int pages = 3;
    view(pages, 5);
    auto running =
        running_engine{"tables", test_config(group), [&](engine& which)
                       { which.handle(input, counting_handler{which.make_table<std::string, std::int64_t>(name)}); }};
    BOOST_REQUIRE(all_handled(running, pages * 5));
    BOOST_REQUIRE(all_committed());
    brokers.delete_topic(name + "_changelog");
    brokers.create_topic(name + "_changelog", partitions, {{"cleanup.policy", "compact"}});
    view(pages, 1);
    BOOST_TEST(running.wait() == make_error_code(errc::wrong_changelog));
    auto const text = running->last_failure().text;
    BOOST_TEST(text.find("of its changelog \"" + name + "_changelog\", where offset 5 has to be the next") !=
                   std::string::npos,
               text);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(incremental_suite, tables_fixture, *boost::unit_test::precondition(fit_to_cooperate))

BOOST_AUTO_TEST_CASE(tables_move_with_single_partitions)
{
    move_tables({{"partition.assignment.strategy", "cooperative-sticky"}});
}

// The table of a partition that stays is not read again.
BOOST_AUTO_TEST_CASE(what_stays_keeps_its_table)
{
    auto const make = [&](std::string const& who)
    {
        auto settings = test_config(group);
        settings.properties["partition.assignment.strategy"] = "cooperative-sticky";
        return std::make_unique<running_engine>(
            who, std::move(settings), [&](engine& which)
            { which.handle(input, counting_handler{which.make_table<std::string, std::int64_t>(name)}); }, 2);
    };
    view(partitions, 5);
    auto first = make("first");
    BOOST_REQUIRE(all_handled(*first, partitions * 5));
    BOOST_REQUIRE(all_committed());
    auto second = make("second");
    BOOST_REQUIRE(
        eventually([&] { return (*second)->stats().partitions.size() == 1 && (*second)->health().ready(); }, patience));
    auto const kept = (*first)->stats().shards;
    BOOST_TEST(kept.size() == 2U);
    for (auto const& each : kept)
        BOOST_TEST(each.restored == 0U);
    for (auto const& each : (*second)->stats().shards)
        BOOST_TEST(each.restored == 5U);
    view(partitions, 5);
    BOOST_REQUIRE(all_committed());
    BOOST_TEST(!second->stop());
    BOOST_TEST(!first->stop());
}

// They would not get the partitions of one number together.
BOOST_AUTO_TEST_CASE(a_table_of_two_topics_needs_an_eager_assignor)
{
    auto const other = brokers.make_topic("others", partitions);
    auto settings = test_config(group);
    settings.properties["partition.assignment.strategy"] = "cooperative-sticky";
    auto running = running_engine{"tables", std::move(settings), [&](engine& which)
                                  {
                                      auto const table = which.make_table<std::string, std::int64_t>(name);
                                      which.handle(input, counting_handler{table});
                                      which.handle(other, counting_handler{table});
                                  }};
    BOOST_TEST(running.wait() == make_error_code(errc::invalid_config));
    BOOST_TEST(running->last_failure().text.find("assigned together") != std::string::npos,
               running->last_failure().text);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::tables_test

// Global tables against a real broker: engines that write the same keys come to hold the same, and so do those that
// come later.

#include "support/broker_engine.hpp"
#include "support/broker_producer.hpp"
#include "support/topic_reader.hpp"
#ifdef PAPERBOY_TEST_ROCKSDB
#include "support/table_folder.hpp"

#include <paperboy/rocksdb_store.hpp>
#endif

#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::test::global_tables_test
{
namespace
{

using namespace std::chrono_literals;

constexpr int inputs = 4;
constexpr int parts = 3;
constexpr int keys = 7;
constexpr auto patience = 30s;

using texts = std::map<std::string, std::string>;
using text_table = table<std::string, std::string, text, text>;

// Gives the record's key its value, from whichever partition it comes; a tombstone erases.
struct setting_handler
{
    text_table values;

    void on_message(record_view const& record) const { values.shard(record).set(record.key(), record.value()); }
    void on_tombstone(record_view const& record) const { values.shard(record).erase(record.key()); }
};

struct global_fixture
{
    [[nodiscard]] text_table make(engine& which, std::shared_ptr<shard_store_provider> stores = nullptr) const
    {
        auto options = table_options{};
        options.scope = table_scope::global;
        options.partitions = parts;
        return which.make_table<std::string, std::string>(name, std::move(stores), options, text{}, text{});
    }

    // The same keys go to every partition of the input, so to both engines.
    void send(int rounds)
    {
        for (auto i = 0; i < rounds; ++i, ++sent)
            sender.send(input, {.partition = i % inputs,
                                .key = "key " + std::to_string(sent / inputs % keys),
                                .value = sent % 11 == 5 ? std::nullopt : std::optional{std::to_string(sent)}});
        sender.flush();
    }

    [[nodiscard]] static std::optional<texts> all_of(text_table const& values)
    {
        auto told = std::promise<std::optional<texts>>{};
        values.async_scan("", 1000, [&](error_code error, text_table::entries const& found)
                          { told.set_value(error ? std::nullopt : std::optional{texts{found.begin(), found.end()}}); });
        return told.get_future().get();
    }

    [[nodiscard]] static bool comes_to_hold(text_table const& values, texts const& expected)
    {
        return eventually([&] { return all_of(values) == expected; }, patience);
    }

    template <class Number>
    [[nodiscard]] static Number total(running_engine& running, Number shard_stats::* number)
    {
        auto sum = Number{};
        for (auto const& each : running->stats().shards)
            sum += each.*number;
        return sum;
    }

    // An independent fold of the changelog; each record of the input has caused one of its.
    [[nodiscard]] texts fold() const
    {
        auto result = texts{};
        for (auto const& each :
             read_topic(bootstrap_servers(), name + "_changelog", static_cast<std::size_t>(sent), parts))
        {
            if (each.value)
                result[*each.key] = *each.value;
            else
                result.erase(*each.key);
        }
        return result;
    }

    cluster brokers;
    std::string const input = brokers.make_topic("changes", inputs);
    std::string const group = unique_name("global");
    std::string const name = unique_name("values");
    producer sender;
    int sent = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(global_tables, global_fixture)

BOOST_AUTO_TEST_CASE(engines_that_write_the_same_keys_come_to_hold_the_same)
{
    auto tables = std::vector<text_table>{};
    auto const start = [&](std::string const& who)
    {
        return std::make_unique<running_engine>(
            who, test_config(group),
            [&](engine& which) { which.handle(input, setting_handler{tables.emplace_back(make(which))}); }, 2);
    };
    auto const first = start("first");
    auto const second = start("second");
    auto const shares = [](running_engine& engine) { return engine->stats().partitions.size() == inputs / 2; };
    BOOST_REQUIRE(eventually([&] { return shares(*first) && shares(*second); }, patience));
    send(2000);
    auto const truth = fold();
    BOOST_TEST(!truth.empty());
    BOOST_TEST(comes_to_hold(tables[0], truth));
    BOOST_TEST(comes_to_hold(tables[1], truth));

    // What another program writes, into whichever partition.
    for (auto part = 0; part < parts; ++part)
        sender.send(name + "_changelog", {.partition = part, .key = "other " + std::to_string(part), .value = "x"});
    sender.flush();
    auto const others = [](text_table const& values)
    { return values.async_scan("other", 10, boost::asio::use_future).get().size() == std::size_t{parts}; };
    BOOST_TEST(eventually([&] { return others(tables[0]) && others(tables[1]); }, patience));
    BOOST_TEST(!first->stop());
    BOOST_TEST(!second->stop());
}

BOOST_AUTO_TEST_CASE(a_changelog_that_is_deleted_ends_the_run)
{
    auto values = std::optional<text_table>{};
    auto running = running_engine{"tables", test_config(group), [&](engine& which)
                                  {
                                      values = make(which);
                                      which.handle(input, setting_handler{*values});
                                  }};
    send(inputs);
    BOOST_REQUIRE(comes_to_hold(*values, fold()));
    brokers.delete_topic(name + "_changelog");
    BOOST_TEST(running.wait() == make_error_code(errc::restore_failed));
    BOOST_TEST(running->last_failure().text.find("does not exist") != std::string::npos, running->last_failure().text);
}

#ifdef PAPERBOY_TEST_ROCKSDB

BOOST_AUTO_TEST_CASE(rocksdb_goes_on_where_it_was)
{
    auto const folder = table_folder{};
    for (auto run = 1; run <= 3; ++run)
    {
        constexpr auto rounds = 200;
        auto values = std::optional<text_table>{};
        auto running = running_engine{"tables", test_config(group), [&](engine& which)
                                      {
                                          values = make(which, open_rocksdb(folder.path()));
                                          which.handle(input, setting_handler{*values});
                                      }};
        send(rounds);
        BOOST_TEST(comes_to_hold(*values, fold()));
        // What was read back is in the store with the stop, so the next run has nothing to restore.
        BOOST_TEST(eventually([&] { return total(running, &shard_stats::pending) == 0; }, patience));
        BOOST_TEST(total(running, &shard_stats::restored) == 0U);
        BOOST_TEST(!running.stop());
    }
}

#endif

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::global_tables_test

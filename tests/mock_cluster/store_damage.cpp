// What an engine does about a table on disk that turns out to be damaged while it runs.

#include "mock_cluster/mock_fixture.hpp"
#include "support/table_folder.hpp"

#include <paperboy/rocksdb_store.hpp>

#include <boost/asio/use_future.hpp>

#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace paperboy::store_damage_test
{
namespace
{

namespace asio = boost::asio;
namespace fs = std::filesystem;
using test::mock_fixture;
using test::outcome_of_run;

using text_table = table<std::string, std::string, text, text>;

constexpr auto keys = 5'000;

std::string key_of(int number)
{
    return "key " + std::to_string(number);
}

std::string value_of(int number)
{
    return std::string(100, 'v') + std::to_string(number);
}

// Reads the keys of its records, and lets no exception end the run.
struct looking_handler
{
    text_table values;
    test::watched<int>& read;
    test::watched<int>& failed;

    void on_message(record_view const& record)
    {
        static_cast<void>(values.shard(record).get(record.key()));
        read.update([](int& count) { ++count; });
    }
    [[nodiscard]] error_action on_error(std::exception_ptr const& /*error*/)
    {
        failed.update([](int& count) { ++count; });
        return error_action::skip;
    }
};

// A byte of what no reader has seen yet: the first block, with the shard's state, is read when the store is opened.
void damage(fs::path const& folder)
{
    for (auto const& each : fs::recursive_directory_iterator{folder})
    {
        if (each.path().extension() != ".sst" || each.file_size() < 10'000)
            continue;
        auto file = std::fstream{each.path(), std::ios::in | std::ios::out | std::ios::binary};
        auto const at = static_cast<std::streamoff>(each.file_size() * 2 / 5);
        file.seekg(at);
        auto const byte = static_cast<char>(file.get());
        file.seekp(at);
        file.put(static_cast<char>(~byte));
    }
}

struct damage_fixture : mock_fixture
{
    damage_fixture()
    {
        for (auto i = 0; i < keys; ++i)
            cluster.produce(changelog, {.key = key_of(i), .value = value_of(i), .partition = 0});
        cluster.flush();
    }

    // Runs an engine on the folder until all is restored, and then `look`.
    template <class Look>
    error_code run(Look look)
    {
        auto having = table_options{};
        having.changelog = changelog;
        auto which = engine{io.context(), settings()};
        auto const values = which.make_table<std::string, std::string>("values", stores, having, text{}, text{});
        which.handle(topic, looking_handler{values, read, failed});
        auto outcome = outcome_of_run::start(which);
        BOOST_TEST(test::eventually([&] { return which.health().ready(); }), log);
        look(which, values);
        auto const result = outcome.get();
        failure = which.last_failure().text;
        reason = which.health().reason;
        return result;
    }

    test::table_folder const folder;
    std::shared_ptr<shard_store_provider> const stores = open_rocksdb(folder.path(), {.ingest_bytes = 0});
    std::string const changelog = make_topic(partitions);
    test::watched<int> read;
    test::watched<int> failed;
    std::string failure;
    std::string reason;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_damage_suite, damage_fixture)

BOOST_AUTO_TEST_CASE(damage_that_a_hook_finds_ends_the_run_and_the_next_one_rebuilds_the_table)
{
    BOOST_TEST(!run([](engine& which, text_table const&) { which.stop(); }), log);
    auto const found = run(
        [&](engine& which, text_table const& values)
        {
            for (auto const& each : which.stats().shards)
                BOOST_TEST(each.restored == 0U);
            BOOST_TEST((values.async_get_in(0, key_of(1), asio::use_future).get() == value_of(1)));
            damage(folder.path());
            for (auto i = 0; i < keys; i += 10)
                cluster.produce(topic, {.key = key_of(i), .value = "?", .partition = 0});
            cluster.flush();
        });
    BOOST_TEST(found == make_error_code(errc::store_failed), log);
    BOOST_TEST(failed.get() > 0);
    BOOST_TEST(failure.find("partition 0 of table \"values\": its store is damaged: ") == 0U, failure);
    BOOST_TEST(failure.find("start again, and it is rebuilt from the changelog") != std::string::npos, failure);
    BOOST_TEST(reason == failure);
    BOOST_TEST(!run(
                   [&](engine& which, text_table const& values)
                   {
                       for (auto i = 0; i < keys; i += 10)
                           BOOST_TEST((values.async_get_in(0, key_of(i), asio::use_future).get() == value_of(i)));
                       for (auto const& each : which.stats().shards)
                           BOOST_TEST(each.restored == (each.partition == 0 ? static_cast<unsigned>(keys) : 0U));
                       which.stop();
                   }),
               log);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::store_damage_test

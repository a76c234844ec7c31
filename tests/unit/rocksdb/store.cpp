#include "unit/rocksdb/table_folder.hpp"

#include <paperboy/error.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <rocksdb/comparator.h>
#include <rocksdb/options.h>

#include <string>
#include <string_view>
#include <vector>

namespace paperboy::test::store_test
{
namespace
{

using namespace std::string_view_literals;

[[nodiscard]] std::string text(pinned_value const& value)
{
    return value ? std::string{*value} : "nothing";
}

[[nodiscard]] bool mentions(std::exception const& error, std::string_view words)
{
    BOOST_TEST_INFO(error.what());
    return std::string_view{error.what()}.find(words) != std::string_view::npos;
}

[[nodiscard]] std::unique_ptr<shard_store> open(table_folder const& folder, std::size_t ingest = never_ingest)
{
    return open_rocksdb(folder.path(), {.ingest_bytes = ingest})->open("counts", 0);
}

auto const ways = boost::unit_test::data::make(std::vector{never_ingest, always_ingest});

} // namespace

BOOST_AUTO_TEST_SUITE(rocksdb_store)

BOOST_AUTO_TEST_CASE(a_new_store_is_empty)
{
    auto const folder = table_folder{};
    auto const store = open(folder);
    BOOST_TEST(!store->next_offset());
    BOOST_TEST(store->changelog_identity().empty());
    BOOST_TEST(text(store->get("a")) == "nothing");
    BOOST_TEST(!store->scan("", "")->valid());
}

BOOST_AUTO_TEST_CASE(the_memory_of_cache_and_memtables_is_told)
{
    constexpr auto mebibyte = std::size_t{1} << 20U;
    auto const folder = table_folder{};
    auto const provider = open_rocksdb(
        folder.path(),
        {.block_cache_bytes = 2 * mebibyte, .write_buffer_bytes = 3 * mebibyte, .ingest_bytes = never_ingest});
    auto const store = provider->open("counts", 0);
    auto const before = provider->memory().value();
    BOOST_TEST(before.cache_limit == 2 * mebibyte);
    BOOST_TEST(before.unwritten_limit == 3 * mebibyte);
    auto const value = std::string(200'000, 'x');
    store->apply(std::vector<shard_change>{{"a", value}}, 1);
    BOOST_TEST(provider->memory()->unwritten >= before.unwritten + value.size());
    BOOST_TEST(provider->memory()->cached <= 2 * mebibyte);
}

BOOST_DATA_TEST_CASE(changes_are_there_at_once_and_later, ways, ingest)
{
    auto const folder = table_folder{};
    {
        auto const store = open(folder, ingest);
        store->apply(std::vector<shard_change>{{"a", "1"}, {"b", ""}, {"c", "3"}}, 5);
        store->apply(std::vector<shard_change>{{"a", "11"}, {"c", std::nullopt}, {"d", "4"}}, 9);
        BOOST_TEST(store->next_offset().value() == 9);
        BOOST_TEST((all_of(store->scan("", "")) == contents{{"a", "11"}, {"b", ""}, {"d", "4"}}));
    }
    auto const store = open(folder, ingest);
    BOOST_TEST(store->next_offset().value() == 9);
    BOOST_TEST(text(store->get("a")) == "11");
    BOOST_TEST(text(store->get("b")) == "");
    BOOST_TEST(text(store->get("c")) == "nothing");
    BOOST_TEST((all_of(store->scan("", "")) == contents{{"a", "11"}, {"b", ""}, {"d", "4"}}));
}

BOOST_DATA_TEST_CASE(an_offset_can_move_without_changes, ways, ingest)
{
    auto const folder = table_folder{};
    open(folder, ingest)->apply({}, 17);
    BOOST_TEST(open(folder, ingest)->next_offset().value() == 17);
}

// The age that it was told, not that of the file.
BOOST_DATA_TEST_CASE(a_store_is_as_old_as_it_was_told, ways, ingest)
{
    auto const folder = table_folder{};
    auto const old = std::chrono::system_clock::time_point{std::chrono::hours{24 * 365 * 30}};
    open(folder, ingest)->apply(std::vector<shard_change>{{"a", "1"}}, {5, old});
    BOOST_CHECK(open(folder, ingest)->as_of() == old);
    open(folder, ingest)->apply(std::vector<shard_change>{{"b", "1"}}, 6);
    BOOST_TEST(!open(folder, ingest)->as_of());
}

BOOST_DATA_TEST_CASE(an_erasure_in_the_first_changes_erases_nothing, ways, ingest)
{
    auto const folder = table_folder{};
    auto const store = open(folder, ingest);
    store->apply(std::vector<shard_change>{{"a", std::nullopt}, {"b", "1"}}, 2);
    BOOST_TEST((all_of(store->scan("", "")) == contents{{"b", "1"}}));
}

BOOST_DATA_TEST_CASE(any_bytes_are_a_key, ways, ingest)
{
    auto const folder = table_folder{};
    auto const keys = std::vector<std::string>{
        "",    std::string{"\0"sv}, std::string{"\0\0"sv}, std::string{"\0a"sv}, "\x01", "a", std::string{"a\0"sv},
        "\xff"};
    auto entries = contents{};
    for (auto const& key : keys)
        entries[key] = "value of " + key;
    {
        auto const store = open(folder, ingest);
        store->apply(changes_of(entries), 1);
    }
    auto const store = open(folder, ingest);
    BOOST_TEST((all_of(store->scan("", "")) == entries));
    for (auto const& from : keys)
    {
        BOOST_TEST(text(store->get(from)) == entries[from]);
        for (auto const& to : keys)
            BOOST_TEST((all_of(store->scan(from, to)) == tables::range_of(entries, from, to)));
    }
    store->apply(std::vector<shard_change>{{"", std::nullopt}, {keys[1], std::nullopt}}, 2);
    BOOST_TEST(text(store->get("")) == "nothing");
    BOOST_TEST(text(store->get(keys[2])) == entries[keys[2]]);
}

BOOST_DATA_TEST_CASE(a_value_and_a_walk_stay_as_they_were, ways, ingest)
{
    auto const folder = table_folder{};
    auto const store = open(folder, ingest);
    auto const large = std::string(100'000, 'x');
    store->apply(std::vector<shard_change>{{"a", large}, {"b", "2"}}, 1);
    auto const value = store->get("a");
    auto const walk = store->scan("", "");
    auto const walk_before_clear = store->scan("", "");
    store->apply(std::vector<shard_change>{{"a", std::nullopt}, {"b", "3"}, {"c", "4"}}, 2);
    BOOST_TEST(*value == large);
    BOOST_TEST((all_of(walk) == contents{{"a", large}, {"b", "2"}}));
    store->clear("next");
    BOOST_TEST(*value == large);
    BOOST_TEST((all_of(walk_before_clear) == contents{{"a", large}, {"b", "2"}}));
}

BOOST_DATA_TEST_CASE(more_of_the_topic_is_kept_with_the_next_changes, ways, ingest)
{
    auto const folder = table_folder{};
    {
        auto const store = open(folder, ingest);
        store->clear("topic");
        store->apply(std::vector<shard_change>{{"a", "1"}}, 5);
        store->changelog_is("topic 1");
        BOOST_TEST(store->changelog_identity() == "topic 1");
        store->apply(std::vector<shard_change>{{"b", "1"}}, 6);
    }
    auto const store = open(folder, ingest);
    BOOST_TEST(store->changelog_identity() == "topic 1");
    BOOST_TEST(store->next_offset().value() == 6);
}

BOOST_DATA_TEST_CASE(clear_forgets_all_but_the_identity, ways, ingest)
{
    auto const folder = table_folder{};
    {
        auto const store = open(folder, ingest);
        store->clear("topic 1");
        store->apply(std::vector<shard_change>{{"a", "1"}}, 5);
    }
    {
        auto const store = open(folder, ingest);
        BOOST_TEST(store->changelog_identity() == "topic 1");
        BOOST_TEST(store->next_offset().value() == 5);
        store->clear("topic 2");
        BOOST_TEST(!store->next_offset());
        BOOST_TEST(!store->scan("", "")->valid());
    }
    auto const store = open(folder, ingest);
    BOOST_TEST(store->changelog_identity() == "topic 2");
    BOOST_TEST(!store->next_offset());
    BOOST_TEST(text(store->get("a")) == "nothing");
    store->apply(std::vector<shard_change>{{"b", "1"}}, 1);
    BOOST_TEST((all_of(store->scan("", "")) == contents{{"b", "1"}}));
}

BOOST_AUTO_TEST_CASE(shards_do_not_know_each_other)
{
    auto const folder = table_folder{};
    auto const names =
        std::vector<std::pair<std::string, int>>{{"counts", 0}, {"counts", 1}, {"counts#1", 1}, {"x", 0}};
    {
        auto const provider = open_rocksdb(folder.path());
        for (auto const& [table, partition] : names)
            provider->open(table, partition)
                ->apply(std::vector<shard_change>{{"a", table + std::to_string(partition)}}, 1);
    }
    auto const provider = open_rocksdb(folder.path());
    provider->open("x", 0)->clear("");
    for (auto const& [table, partition] : names)
        BOOST_TEST(text(provider->open(table, partition)->get("a")) ==
                   (table == "x" ? "nothing" : table + std::to_string(partition)));
}

BOOST_AUTO_TEST_CASE(a_shard_is_open_once)
{
    auto const folder = table_folder{};
    auto const provider = open_rocksdb(folder.path());
    auto first = provider->open("counts", 3);
    BOOST_CHECK_EXCEPTION(static_cast<void>(provider->open("counts", 3)), store_error, [](store_error const& error)
                          { return error.why() == store_failure::in_use && mentions(error, "counts#3"); });
    first.reset();
    BOOST_TEST(provider->open("counts", 3) != nullptr);
}

BOOST_AUTO_TEST_CASE(a_directory_is_open_once)
{
    auto const folder = table_folder{};
    auto const refused = [&](store_error const& error)
    {
        return error.why() == store_failure::in_use && mentions(error, folder.path().string()) &&
               mentions(error, "this process") && mentions(error, "give each engine a directory of its own");
    };
    auto provider = open_rocksdb(folder.path());
    BOOST_CHECK_EXCEPTION(static_cast<void>(open_rocksdb(folder.path())), store_error, refused);
    // As long as anybody has something of it.
    auto store = provider->open("counts", 0);
    store->apply(std::vector<shard_change>{{"a", "1"}}, 1);
    provider.reset();
    auto value = store->get("a");
    store.reset();
    BOOST_CHECK_EXCEPTION(static_cast<void>(open_rocksdb(folder.path())), store_error, refused);
    BOOST_TEST(*value == "1");
    value = {};
    BOOST_TEST(text(open(folder)->get("a")) == "1");
}

BOOST_AUTO_TEST_CASE(options_reach_rocksdb)
{
    auto const folder = table_folder{};
    auto seen = std::vector<std::string>{};
    auto databases = 0;
    auto const provider =
        open_rocksdb(folder.path(), {.block_cache_bytes = std::size_t{3} << 20U,
                                     .write_buffer_bytes = std::size_t{2} << 20U,
                                     .edit_database =
                                         [&](rocksdb::DBOptions& options)
                                     {
                                         options.info_log = nullptr; // which is the user's logger, else
                                         options.db_log_dir = folder.path() / "logs";
                                         ++databases;
                                     },
                                     .edit_shards = [&](std::string_view table, rocksdb::ColumnFamilyOptions&)
                                     { seen.emplace_back(table); }});
    static_cast<void>(provider->open("counts", 0));
    BOOST_TEST(databases == 1);
    BOOST_TEST(std::filesystem::exists(folder.path() / "logs"));
    BOOST_TEST((seen == std::vector<std::string>{"counts"}));
    BOOST_TEST(provider->memory_bytes() == std::size_t{5} << 20U);
}

BOOST_AUTO_TEST_CASE(wrong_options_are_refused)
{
    auto const folder = table_folder{};
    auto const names = [](std::string_view words)
    { return [=](setup_error const& error) { return mentions(error, words); }; };
    BOOST_CHECK_EXCEPTION(static_cast<void>(open_rocksdb(folder.path(), {.block_cache_bytes = 1})), setup_error,
                          names("block_cache_bytes is 1"));
    BOOST_CHECK_EXCEPTION(static_cast<void>(open_rocksdb(folder.path(), {.write_buffer_bytes = 17})), setup_error,
                          names("write_buffer_bytes is 17"));
    auto const provider =
        open_rocksdb(folder.path(), {.edit_shards = [](std::string_view, rocksdb::ColumnFamilyOptions& options)
                                     { options.comparator = rocksdb::ReverseBytewiseComparator(); }});
    BOOST_CHECK_EXCEPTION(static_cast<void>(provider->open("counts", 0)), setup_error, names("table counts"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_is_named)
{
    auto const folder = table_folder{};
    open(folder)->apply({}, 1);
    auto const beneath_a_file = folder.path() / "paperboy.lock" / "tables";
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(open_rocksdb(beneath_a_file)), store_error, [&](store_error const& error)
        { return error.why() == store_failure::unusable && mentions(error, beneath_a_file.string()); });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::store_test

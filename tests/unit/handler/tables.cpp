// Tables as hooks see them, in tests without a broker.

#include <paperboy/testing.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace paperboy::tables_test
{
namespace
{

using testing::test_tables;
using strings = std::vector<std::string>;

struct counting_handler
{
    table<std::string, std::int64_t> counts;

    void on_message(record_view const& record)
    {
        counts.shard(record).update(record.key(), [](auto seen) { return seen.value_or(0) + 1; });
    }
    void on_tombstone(record_view const& record) { counts.shard(record).erase(record.key()); }
};

// A table that calls a function for its only record.
template <class Table, class Use>
struct using_handler
{
    Table table;
    Use use;

    void on_message(record_view const& record) { use(table.shard(record)); }
};

template <class Table, class Use>
testing::test_result use_once(Table const& table, Use use)
{
    return testing::run(using_handler<Table, Use>{table, use}, {{.value = "x"}});
}

} // namespace

BOOST_AUTO_TEST_SUITE(tables_in_hooks)

BOOST_AUTO_TEST_CASE(a_global_table_is_the_same_for_every_partition)
{
    auto tables = test_tables{};
    auto const global = tables.make_table<std::string, std::int64_t>("global", table_scope::global);
    auto const local = tables.make_table<std::string, std::int64_t>("local");
    for (auto const partition : {0, 1})
    {
        static_cast<void>(testing::run(counting_handler{global}, {{.key = "a", .value = "1"}}, {"topic", partition}));
        static_cast<void>(testing::run(counting_handler{local}, {{.key = "a", .value = "1"}}, {"topic", partition}));
    }
    BOOST_TEST(tables.shard(global, 1).get("a").value_or(0) == 2);
    BOOST_TEST(tables.shard(local, 1).get("a").value_or(0) == 1);
    BOOST_TEST(global.async_get("a", boost::asio::use_future).get().value_or(0) == 2);
}

BOOST_AUTO_TEST_CASE(a_handler_counts)
{
    auto tables = test_tables{};
    auto const counts = tables.make_table<std::string, std::int64_t>("counts");
    auto const result = testing::run(
        counting_handler{counts},
        {{.key = "a", .value = "1"}, {.key = "b", .value = "1"}, {.key = "a", .value = "1"}, {.key = "b"}});
    BOOST_TEST(result.finished == 4U);
    BOOST_TEST(tables.shard(counts).get("a").value_or(0) == 2);
    BOOST_TEST(!tables.shard(counts).contains("b"));
    auto const changes = tables.changes();
    BOOST_REQUIRE(changes.size() == 4U);
    BOOST_TEST(changes[2].topic == "counts_changelog");
    BOOST_TEST(changes[2].cause == 2);
    BOOST_TEST(!changes[3].value.has_value());
}

BOOST_AUTO_TEST_CASE(partitions_have_shards_of_their_own)
{
    auto tables = test_tables{};
    auto const counts = tables.make_table<std::string, std::int64_t>("counts");
    testing::run(counting_handler{counts}, {{.key = "a", .value = "1"}}, {"in", 0});
    testing::run(counting_handler{counts}, {{.key = "a", .value = "1"}}, {"in", 1});
    BOOST_TEST(tables.shard(counts, 0).get("a").value_or(0) == 1);
    BOOST_TEST(tables.shard(counts, 1).get("a").value_or(0) == 1);
    BOOST_TEST(!tables.shard(counts, 2).get("a").has_value());
}

BOOST_AUTO_TEST_CASE(an_update_may_erase)
{
    auto tables = test_tables{};
    auto const counts = tables.make_table<std::string, std::int64_t>("counts");
    use_once(counts,
             [](auto shard)
             {
                 shard.set("a", 1);
                 auto const left = shard.update("a", [](auto) { return std::optional<std::int64_t>{}; });
                 BOOST_TEST(!left.has_value());
                 BOOST_TEST(!shard.contains("a"));
             });
}

BOOST_AUTO_TEST_CASE(values_are_seen_in_place)
{
    auto tables = test_tables{};
    auto const pages = tables.make_table<std::string, std::string>("pages", text{}, text{});
    use_once(pages,
             [](auto shard)
             {
                 shard.set("a", "a long text that no small string has room for");
                 auto size = std::size_t{0};
                 BOOST_TEST(shard.visit("a", [&](std::string_view page) { size = page.size(); }));
                 BOOST_TEST(size == 45U);
                 BOOST_TEST(!shard.visit("b", [](std::string_view) {}));
             });
}

template <class... Serdes>
void check_walks(Serdes... serdes)
{
    auto tables = test_tables{};
    auto const pages = tables.make_table<std::string, std::string>("pages", serdes...);
    use_once(pages,
             [](auto shard)
             {
                 for (auto const* const key : {"b1", "a", "b2", "c", "b"})
                     shard.set(key, "of " + std::string{key});
                 auto seen = strings{};
                 auto const keep = [&](std::string const& key, std::string const& value)
                 {
                     BOOST_TEST(value == "of " + key);
                     seen.push_back(key);
                 };
                 shard.prefix("b", keep);
                 BOOST_TEST((std::exchange(seen, {}) == strings{"b", "b1", "b2"}));
                 shard.range("b", "b2", keep);
                 BOOST_TEST((std::exchange(seen, {}) == strings{"b", "b1"}));
                 shard.walk(keep);
                 BOOST_TEST(seen.size() == 5U);
                 auto count = 0;
                 shard.walk([&](auto const&, auto const&) { return ++count < 2; });
                 BOOST_TEST(count == 2);
             });
}

BOOST_AUTO_TEST_CASE(walks_are_in_order_whatever_the_serde_writes)
{
    check_walks(text{}, text{});
    check_walks();
}

BOOST_AUTO_TEST_CASE(a_prefix_of_texts_in_messagepack_is_looked_for_by_length)
{
    auto const inside = [](std::vector<detail::key_range> const& ranges, std::string const& key)
    {
        return std::ranges::any_of(ranges, [&](auto const& each)
                                   { return key >= each.first && (each.second.empty() || key < each.second); });
    };
    for (auto const& prefix : {std::string{"b"}, std::string{"\x7f"}, std::string{"b\x7f\x7f"}, std::string(31, 'b'),
                               std::string(40, 'b'), std::string(300, 'b')})
    {
        auto const ranges = detail::msgpack_prefix_ranges(prefix);
        BOOST_TEST(std::ranges::is_sorted(ranges));
        for (auto const size : {1U, 2U, 3U, 4U, 30U, 31U, 32U, 40U, 254U, 255U, 256U, 300U, 70'000U})
            for (auto const fill : {'\0', 'a', 'b', 'c', '\x7f'})
                for (auto const& begin : {prefix, std::string{}, std::string{"a"}, std::string{"c"}})
                {
                    auto text = begin + std::string(size, fill);
                    text.resize(std::max<std::size_t>(1, size));
                    auto key = std::string{};
                    write_msgpack(text, key);
                    auto const fits = text.starts_with(prefix);
                    // Longer ones are not told apart.
                    if (fits || size <= 255)
                        BOOST_TEST(inside(ranges, key) == fits, size << " bytes, prefix of " << prefix.size());
                }
    }
    BOOST_TEST(inside(detail::msgpack_prefix_ranges(""), "anything"));
}

BOOST_AUTO_TEST_CASE(a_change_may_be_waited_for)
{
    struct awaiting_handler
    {
        table<std::string, std::int64_t> counts;

        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            auto const where = co_await counts.shard(record).async_set("a", 7, boost::asio::use_awaitable);
            BOOST_TEST(where.offset == 0);
        }
    };
    auto tables = test_tables{};
    auto const counts = tables.make_table<std::string, std::int64_t>("counts");
    BOOST_TEST(testing::run(awaiting_handler{counts}, {{.value = "x"}}).finished == 1U);
    BOOST_TEST(counts.async_get("a", boost::asio::use_future).get().value_or(0) == 7);
    auto const found = counts.async_scan("", 10, boost::asio::use_future).get();
    BOOST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found.front().first == "a");
}

BOOST_AUTO_TEST_CASE(a_scan_has_the_first_of_the_keys)
{
    auto tables = test_tables{};
    auto const counts = tables.make_table<std::string, std::int64_t>("counts");
    for (auto partition : {0, 1})
        for (auto const* const key : {"ccc", "bb", "a", "dddd"})
            tables.shard(counts, partition).set(key + std::to_string(partition), 1);
    auto const found = counts.async_scan("", 3, boost::asio::use_future).get();
    auto keys = strings{};
    for (auto const& [key, value] : found)
        keys.push_back(key);
    BOOST_TEST((keys == strings{"a0", "a1", "bb0"}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables_test

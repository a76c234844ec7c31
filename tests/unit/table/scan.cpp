// Whole tables, read from outside of the hooks.

#include <paperboy/testing.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/describe/class.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace paperboy::scan_test
{

struct seat
{
    std::int64_t row = 0;
    std::string letter;

    auto operator<=>(seat const&) const = default;
};
BOOST_DESCRIBE_STRUCT(seat, (), (row, letter))

struct unordered_seat
{
    std::int64_t row = 0;
};
BOOST_DESCRIBE_STRUCT(unordered_seat, (), (row))

// Against the order of its text.
struct backwards
{
    explicit backwards(std::string_view from) : text{from} {}
    operator std::string_view() const noexcept { return text; } // NOLINT(google-explicit-constructor)

    bool operator==(backwards const&) const = default;
    std::strong_ordering operator<=>(backwards const& other) const noexcept { return other.text <=> text; }

    std::string text;
};

namespace
{

using testing::test_tables;
using numbers = std::vector<std::int64_t>;
constexpr auto everything = std::numeric_limits<std::size_t>::max();

template <class Table>
auto scanned(Table const& from, std::size_t limit)
{
    auto keys = std::vector<typename Table::key_type>{};
    for (auto& [key, value] : from.async_scan(limit, boost::asio::use_future).get())
        keys.push_back(std::move(key));
    return keys;
}

template <class Table>
error_code error_of_scan(Table const& from)
{
    try
    {
        from.async_scan(everything, boost::asio::use_future).get();
        return {};
    }
    catch (boost::system::system_error const& error)
    {
        return error.code();
    }
}

// What has been written by others.
struct unreadable_numbers : integer<std::int64_t>
{
    void decode(bytes_view /*data*/, std::int64_t& /*out*/) const { throw decode_error{"no number"}; }
};

template <class Table>
concept scans_as_a_whole = requires(Table const& from) { from.async_scan(1, boost::asio::use_future); };

static_assert(scans_as_a_whole<table<std::int64_t, std::int64_t>>);
static_assert(scans_as_a_whole<table<std::string, std::int64_t>>);
static_assert(scans_as_a_whole<table<seat, std::int64_t>>);
static_assert(!scans_as_a_whole<table<unordered_seat, std::int64_t>>);

} // namespace

BOOST_AUTO_TEST_SUITE(scans_of_whole_tables)

// In MessagePack, negative numbers come behind the others, and large ones of both in between.
BOOST_AUTO_TEST_CASE(integers_come_in_their_own_order)
{
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    auto tables = test_tables{};
    auto const squares = tables.make_table<std::int64_t, std::int64_t>("squares");
    for (auto const key : {std::int64_t{3}, std::int64_t{-1}, std::int64_t{70'000}, std::int64_t{-70'000}, most, least})
        tables.shard(squares, key % 2 == 0 ? 0 : 1).set(key, 1);
    tables.shard(squares).set(std::int64_t{-2}, 4);
    BOOST_TEST((scanned(squares, everything) == numbers{least, -70'000, -2, -1, 3, 70'000, most}));
    BOOST_TEST((scanned(squares, 3) == numbers{least, -70'000, -2}));
    BOOST_TEST(scanned(squares, 0).empty());
    auto const found = squares.async_scan(3, boost::asio::use_future).get();
    BOOST_TEST(found.back().second == 4);
}

BOOST_AUTO_TEST_CASE(a_key_of_several_partitions_comes_once_for_each)
{
    auto tables = test_tables{};
    auto const counts = tables.make_table<std::int64_t, std::int64_t>("counts");
    for (auto const partition : {0, 1, 2})
        tables.shard(counts, partition).set(std::int64_t{7}, partition + 1);
    auto sum = std::int64_t{0};
    for (auto const& [key, value] : counts.async_scan(everything, boost::asio::use_future).get())
    {
        BOOST_TEST(key == 7);
        sum += value;
    }
    BOOST_TEST(sum == 6);
}

BOOST_AUTO_TEST_CASE(a_key_of_a_global_table_comes_once)
{
    auto tables = test_tables{};
    auto const prices = tables.make_table<std::int64_t, std::int64_t>("prices", table_scope::global);
    for (auto const partition : {0, 1})
        tables.shard(prices, partition).set(std::int64_t{7}, 1);
    BOOST_TEST((scanned(prices, everything) == numbers{7}));
}

BOOST_AUTO_TEST_CASE(structs_come_in_their_own_order)
{
    auto tables = test_tables{};
    auto const taken = tables.make_table<seat, bool>("taken");
    for (auto const& each : {seat{12, "A"}, seat{-1, "B"}, seat{12, "C"}, seat{3, "longer than the others"}})
        tables.shard(taken).set(each, true);
    auto const expected = std::vector<seat>{{-1, "B"}, {3, "longer than the others"}, {12, "A"}, {12, "C"}};
    BOOST_TEST((scanned(taken, everything) == expected));
}

BOOST_AUTO_TEST_CASE(texts_come_in_order_whatever_the_serde_writes)
{
    auto tables = test_tables{};
    auto const check = [&](auto const& counts)
    {
        for (auto const partition : {0, 1})
            for (auto const* const key : {"ccc", "bb", "a", "dddd"})
                tables.shard(counts, partition).set(key + std::to_string(partition), 1);
        BOOST_TEST((scanned(counts, 3) == std::vector<std::string>{"a0", "a1", "bb0"}));
        BOOST_TEST(scanned(counts, everything).size() == 8U);
    };
    check(tables.make_table<std::string, std::int64_t>("as messagepack"));
    check(tables.make_table<std::string, std::int64_t>("as text", text{}));
}

BOOST_AUTO_TEST_CASE(keys_of_another_order_than_their_text_come_in_theirs)
{
    auto tables = test_tables{};
    auto const words = tables.make_table<backwards, std::int64_t>("words", text{});
    for (auto const* const key : {"a", "b", "c"})
        tables.shard(words).set(backwards{key}, 1);
    BOOST_TEST((scanned(words, 2) == std::vector{backwards{"c"}, backwards{"b"}}));
    auto const found = words.async_scan("", 1, boost::asio::use_future).get();
    BOOST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found.front().first.text == "c");
}

// The group takes a partition between the beginning of a scan and its shard's turn.
BOOST_AUTO_TEST_CASE(a_shard_that_leaves_meanwhile_takes_the_others_entries_from_nobody)
{
    using entries = std::vector<std::pair<std::int64_t, std::int64_t>>;
    auto io = boost::asio::io_context{};
    auto told = std::vector<std::pair<error_code, entries>>{};
    auto const tell = [&](error_code error, entries found) { told.emplace_back(error, std::move(found)); };
    using scan = detail::scan_state<std::int64_t, std::int64_t, std::remove_const_t<decltype(tell)>>;
    auto some = scan{tell, io.get_executor(), 2, everything};
    some.add(errc::not_local, {});
    some.add({}, {{1, 2}});
    auto none = scan{tell, io.get_executor(), 2, everything};
    none.add(errc::not_local, {});
    none.add(errc::not_local, {});
    auto other = scan{tell, io.get_executor(), 2, everything};
    other.add(errc::not_local, {});
    other.add(errc::restoring, {});
    io.run();
    BOOST_REQUIRE(told.size() == 3U);
    BOOST_TEST(told[0].first == error_code{});
    BOOST_TEST((told[0].second == entries{{1, 2}}));
    BOOST_TEST(told[1].first == make_error_code(errc::not_local));
    BOOST_TEST(told[2].first == make_error_code(errc::restoring));
}

BOOST_AUTO_TEST_CASE(errors_are_those_of_a_scan_for_a_prefix)
{
    auto tables = test_tables{};
    auto const counts = tables.make_table<std::int64_t, std::int64_t>("counts", unreadable_numbers{});
    BOOST_TEST(error_of_scan(counts) == make_error_code(errc::not_local));
    tables.shard(counts).set(std::int64_t{1}, 1);
    BOOST_TEST(error_of_scan(counts) == make_error_code(errc::invalid_entry));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::scan_test

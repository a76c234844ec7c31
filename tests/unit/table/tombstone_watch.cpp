#include "table/tombstone_watch.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::tables::tombstone_watch_test
{

namespace
{

using namespace std::chrono_literals;

constexpr auto stay = std::chrono::milliseconds{100'000};

tombstone_watch::time_point at(std::chrono::seconds since)
{
    return tombstone_watch::time_point{since};
}

} // namespace

BOOST_AUTO_TEST_SUITE(tombstone_watch_suite)

BOOST_AUTO_TEST_CASE(a_store_counts_from_its_age)
{
    auto watch = tombstone_watch{};
    watch.read_on(at(10s));
    BOOST_TEST(!watch.too_late(stay, at(109s)));
    BOOST_TEST(watch.too_late(stay, at(110s)));
}

BOOST_AUTO_TEST_CASE(what_begins_with_nothing_counts_from_its_beginning)
{
    auto watch = tombstone_watch{};
    watch.read_all(at(10s));
    watch.arrived(at(50s));
    watch.moved(500, 1'000, at(60s));
    BOOST_TEST(!watch.too_late(stay, at(109s)));
    BOOST_TEST(watch.too_late(stay, at(110s)));
}

BOOST_AUTO_TEST_CASE(an_unknown_age_counts_from_what_comes)
{
    auto watch = tombstone_watch{};
    watch.read_on(std::nullopt);
    BOOST_TEST(!watch.too_late(stay, at(1'000'000s)));
    watch.arrived(at(10s));
    watch.arrived(at(20s));
    BOOST_TEST(watch.too_late(stay, at(110s)));
}

// However long nothing comes.
BOOST_AUTO_TEST_CASE(at_the_end_nothing_is_missing)
{
    auto watch = tombstone_watch{};
    watch.read_all(at(0s));
    watch.moved(10, 10, at(1s));
    BOOST_TEST(!watch.too_late(stay, at(1'000'000s)));
    watch.arrived(at(1'000'000s));
    watch.moved(11, 12, at(1'000'000s));
    BOOST_TEST(!watch.too_late(stay, at(1'000'099s)));
    BOOST_TEST(watch.too_late(stay, at(1'000'100s)));
    watch.moved(12, 12, at(1'000'100s));
    BOOST_TEST(!watch.too_late(stay, at(2'000'000s)));
}

// A reading that is always a few seconds behind is not late.
BOOST_AUTO_TEST_CASE(what_was_the_end_counts_when_it_is_reached)
{
    auto watch = tombstone_watch{};
    watch.read_all(at(0s));
    for (auto second = 0; second < 1'000; ++second)
    {
        watch.arrived(at(std::chrono::seconds{second}));
        watch.moved(second, second + 20, at(std::chrono::seconds{second}));
        BOOST_TEST(!watch.too_late(stay, at(std::chrono::seconds{second})));
    }
    // The end of second 980 is reached, that of 999 on the way since then.
    BOOST_TEST(watch.too_late(stay, at(1'080s)));
}

BOOST_AUTO_TEST_CASE(an_end_that_is_not_reached_counts_for_nothing)
{
    auto watch = tombstone_watch{};
    watch.read_all(at(0s));
    for (auto second = 0; second < 100; ++second)
        watch.moved(second, 1'000, at(std::chrono::seconds{second}));
    BOOST_TEST(watch.too_late(stay, at(100s)));
}

BOOST_AUTO_TEST_CASE(a_position_that_is_passed_over_shows)
{
    auto watch = tombstone_watch{};
    BOOST_TEST(!watch.moves(10));
    watch.moved(10, 10, at(0s));
    BOOST_TEST(!watch.moves(10));
    BOOST_TEST(watch.moves(11));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables::tombstone_watch_test

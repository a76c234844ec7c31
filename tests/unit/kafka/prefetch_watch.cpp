#include "kafka/prefetch_watch.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace paperboy::kafka::prefetch_watch_test
{

BOOST_AUTO_TEST_SUITE(prefetch_watch_suite)

BOOST_AUTO_TEST_CASE(half_a_limit_of_records_tells_the_fetcher)
{
    auto watch = prefetch_watch{{1000, 1'000'000}};
    BOOST_TEST(!watch.took(499, 0, false));
    BOOST_TEST(watch.took(1, 0, false));
}

BOOST_AUTO_TEST_CASE(half_a_limit_of_bytes_tells_the_fetcher)
{
    auto watch = prefetch_watch{{1000, 1'000'000}};
    BOOST_TEST(!watch.took(1, 499'999, false));
    BOOST_TEST(watch.took(1, 1, false));
}

BOOST_AUTO_TEST_CASE(the_count_begins_anew_once_the_fetcher_was_told)
{
    auto watch = prefetch_watch{{1000, 1'000'000}};
    BOOST_TEST(watch.took(800, 800, false));
    watch.told();
    BOOST_TEST(!watch.took(499, 499, false));
    BOOST_TEST(watch.took(1, 1, false));
}

BOOST_AUTO_TEST_CASE(telling_is_asked_for_until_it_is_done)
{
    auto watch = prefetch_watch{{1000, 1'000'000}};
    BOOST_TEST(watch.took(800, 800, false));
    BOOST_TEST(watch.took(0, 0, true));
}

BOOST_AUTO_TEST_CASE(a_queue_that_is_emptied_in_time_was_never_full)
{
    auto watch = prefetch_watch{{1000, 1'000'000}};
    for (auto i = 0; i < 100; ++i)
        BOOST_TEST(!watch.took(400, 400'000, true));
}

// Whatever the fetcher does, a queue that it left out because it was full is never emptied without its being told.
BOOST_AUTO_TEST_CASE(a_full_queue_is_never_forgotten)
{
    constexpr std::size_t limit = 1000;
    for (std::size_t at_once = 1; at_once <= limit + 300; at_once += 37)
        for (std::size_t before = 0; before <= limit; before += 91)
        {
            auto watch = prefetch_watch{{limit, 1'000'000'000}};
            if (watch.took(before, before, before % 2 == 0))
                watch.told();
            auto told = false;
            for (auto left = limit; left > 0;)
            {
                auto const taken = std::min(left, at_once);
                left -= taken;
                told = watch.took(taken, taken, taken < at_once) || told;
            }
            BOOST_TEST(told, at_once << " at once, after " << before);
        }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::kafka::prefetch_watch_test

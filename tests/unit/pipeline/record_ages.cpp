#include "pipeline/record_ages.hpp"

#include "pipeline/duration_counter.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

namespace paperboy::pipeline::record_ages_test
{

BOOST_AUTO_TEST_SUITE(record_ages_suite)

BOOST_AUTO_TEST_CASE(nothing_is_known_before_a_block_was_fetched)
{
    auto const ages = record_ages{};
    BOOST_TEST(!ages.first_fetched().has_value());
    BOOST_TEST(!ages.produced_ms(0).has_value());
}

BOOST_AUTO_TEST_CASE(the_block_that_a_position_is_in_says_how_old_it_is)
{
    auto ages = record_ages{};
    ages.fetched(10, 1000, 19, 1900, -1);
    BOOST_TEST(*ages.first_fetched() == 10);
    BOOST_TEST(*ages.produced_ms(10) == 1000);
    BOOST_TEST(*ages.produced_ms(19) == 1000);
    ages.fetched(20, 2000, 29, 2900, 15);
    BOOST_TEST(*ages.produced_ms(15) == 1000);
    BOOST_TEST(*ages.produced_ms(20) == 2000);
    BOOST_TEST(*ages.produced_ms(29) == 2000);
}

BOOST_AUTO_TEST_CASE(behind_what_was_fetched_the_last_record_says_it)
{
    auto ages = record_ages{};
    ages.fetched(10, 1000, 19, 1900, -1);
    BOOST_TEST(*ages.produced_ms(20) == 1900);
    ages.fetched(20, 2000, 20, 2000, 20);
    BOOST_TEST(*ages.produced_ms(20) == 2000);
}

BOOST_AUTO_TEST_CASE(times_that_are_unknown_are_passed_over)
{
    auto ages = record_ages{};
    ages.fetched(0, -1, 9, -1, -1);
    BOOST_TEST(!ages.produced_ms(0).has_value());
    ages.fetched(10, 500, 19, 600, 10);
    BOOST_TEST(*ages.produced_ms(10) == 500);
}

BOOST_AUTO_TEST_CASE(a_position_that_stays_keeps_its_age_however_much_is_fetched)
{
    auto ages = record_ages{};
    for (auto block = 0; block < 10'000; ++block)
        ages.fetched(block * 10, block, block * 10 + 9, block, 3);
    BOOST_TEST(*ages.produced_ms(3) == 0);
    BOOST_TEST(*ages.produced_ms(100'000) == 9'999);
}

BOOST_AUTO_TEST_CASE(durations_are_counted_in_the_bucket_that_they_fall_into)
{
    using namespace std::chrono_literals;
    auto counter = duration_counter{};
    counter.add(100us);
    counter.add(101us);
    counter.add(2min);
    auto const seen = counter.snapshot();
    BOOST_TEST(seen.counts.front() == 1U);
    BOOST_TEST(seen.counts[1] == 1U);
    BOOST_TEST(seen.counts.back() == 1U);
    BOOST_TEST(seen.count == 3U);
    BOOST_TEST(std::accumulate(seen.counts.begin(), seen.counts.end(), std::uint64_t{0}) == 3U);
    BOOST_TEST(seen.seconds == 120.000201, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::record_ages_test

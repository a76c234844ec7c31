#include "pipeline/drain_rate.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

namespace paperboy::drain_rate_test
{
namespace
{

using namespace std::chrono_literals;
using pipeline::drain_rate;

// Looks once a second at a lag that falls by so much each time.
void fall(drain_rate& rate, drain_rate::clock::time_point& now, std::int64_t& lag, std::int64_t by, int seconds)
{
    for (auto i = 0; i < seconds; ++i)
        rate.look(lag -= by, now += 1s);
}

} // namespace

BOOST_AUTO_TEST_SUITE(drain_rate_suite)

BOOST_AUTO_TEST_CASE(a_lag_that_falls_is_gone_when_it_says)
{
    auto rate = drain_rate{};
    auto now = drain_rate::clock::time_point{} + 1h;
    auto lag = std::int64_t{100'000};
    rate.look(lag, now);
    BOOST_TEST(!drain_rate::left(lag, rate.per_second()).has_value());
    fall(rate, now, lag, 1000, 1);
    BOOST_TEST(rate.per_second() == 1000);
    fall(rate, now, lag, 1000, 49);
    BOOST_TEST((drain_rate::left(lag, rate.per_second()) == 50s));
}

BOOST_AUTO_TEST_CASE(one_that_grows_or_stays_is_never_gone)
{
    auto rate = drain_rate{};
    auto now = drain_rate::clock::time_point{} + 1h;
    auto lag = std::int64_t{10};
    rate.look(lag, now);
    fall(rate, now, lag, -5, 3);
    BOOST_TEST(rate.per_second() < 0);
    BOOST_TEST(!drain_rate::left(lag, rate.per_second()).has_value());
    BOOST_TEST(!drain_rate::left(lag, 0).has_value());
    BOOST_TEST(!drain_rate::left(1'000'000'000'000'000, 1e-6).has_value());
}

BOOST_AUTO_TEST_CASE(without_a_lag_nothing_is_left)
{
    BOOST_TEST((drain_rate::left(0, 0) == 0ms));
    BOOST_TEST((drain_rate::left(0, -5) == 0ms));
}

BOOST_AUTO_TEST_CASE(what_is_older_counts_less)
{
    auto rate = drain_rate{};
    auto now = drain_rate::clock::time_point{} + 1h;
    auto lag = std::int64_t{1'000'000};
    rate.look(lag, now);
    fall(rate, now, lag, 1000, 20);
    fall(rate, now, lag, 100, 1);
    BOOST_TEST((rate.per_second() > 900 && rate.per_second() < 1000));
    fall(rate, now, lag, 100, 60);
    BOOST_TEST((rate.per_second() > 99 && rate.per_second() < 105));
    // Two looks at the same time say nothing of a rate.
    auto const before = rate.per_second();
    rate.look(lag - 50, now);
    BOOST_TEST(rate.per_second() == before);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::drain_rate_test

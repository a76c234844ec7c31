#include "pipeline/lag.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::pipeline::lag_test
{

BOOST_AUTO_TEST_SUITE(lag_suite)

BOOST_AUTO_TEST_CASE(records_between_the_position_and_the_end)
{
    BOOST_TEST(lag(100, 40) == 60);
    BOOST_TEST(lag(100, 100) == 0);
}

BOOST_AUTO_TEST_CASE(an_end_before_the_position_is_no_lag)
{
    BOOST_TEST(lag(10, 40) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::lag_test

#include "kafka/capabilities.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::kafka
{

BOOST_AUTO_TEST_SUITE(capabilities_suite)

BOOST_AUTO_TEST_CASE(batches_are_safe_with_an_eager_protocol_in_every_version)
{
    BOOST_TEST(choose(0x020002ff, 1000, true).fetch_limit == 1000U);
    BOOST_TEST(choose(0x020a00ff, 1000, true).fetch_limit == 1000U);
}

BOOST_AUTO_TEST_CASE(a_cooperative_protocol_fetches_one_by_one_before_2_1)
{
    BOOST_TEST(choose(0x020002ff, 1000, false).fetch_limit == 1U);
    BOOST_TEST(choose(0x020100ff, 1000, false).fetch_limit == 1000U);
}

BOOST_AUTO_TEST_CASE(the_fetch_backoff_can_be_set_from_2_2)
{
    BOOST_TEST(!choose(0x020002ff, 1, true).has_fetch_backoff);
    BOOST_TEST(!choose(0x020101ff, 1, true).has_fetch_backoff);
    BOOST_TEST(choose(0x020200ff, 1, true).has_fetch_backoff);
}

BOOST_AUTO_TEST_CASE(a_line_for_the_log_has_the_version_and_the_choices)
{
    BOOST_TEST(choose(0x020002ff, 500, true).describe() ==
               "librdkafka 2.0.2, up to 500 records a fetch, no fetch.queue.backoff.ms: fetchers are woken");
    BOOST_TEST(choose(0x020a01ff, 500, true).describe() ==
               "librdkafka 2.10.1, up to 500 records a fetch, fetch.queue.backoff.ms available");
}

BOOST_AUTO_TEST_CASE(the_loaded_library_is_new_enough)
{
    BOOST_TEST(loaded_version() >= 0x02000200);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::kafka

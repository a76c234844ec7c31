#include "kafka/capabilities.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::kafka::capabilities_test
{
namespace
{

using enum group_protocol;

constexpr int debian_12 = 0x020002ff;

} // namespace

BOOST_AUTO_TEST_SUITE(capabilities_suite)

BOOST_AUTO_TEST_CASE(eager_protocols_are_fit_in_every_version)
{
    BOOST_TEST(unfit_for(debian_12, eager) == "");
    BOOST_TEST(!choose(debian_12, eager).incremental);
}

BOOST_AUTO_TEST_CASE(a_cooperative_assignor_needs_2_10)
{
    BOOST_TEST(unfit_for(debian_12, cooperative) ==
               "librdkafka 2.0.2 loses all partitions when it commits while the group rebalances cooperatively "
               "(librdkafka #4059): run with librdkafka 2.10 or newer, or use \"range\", \"roundrobin\" or both");
    BOOST_TEST(unfit_for(0x020902ff, cooperative) != "");
    BOOST_TEST(unfit_for(0x020a00ff, cooperative) == "");
    BOOST_TEST(choose(0x020a00ff, cooperative).incremental);
    BOOST_TEST(!choose(0x020a00ff, cooperative).must_join_to_leave);
}

BOOST_AUTO_TEST_CASE(the_protocol_in_which_brokers_assign_needs_2_12)
{
    BOOST_TEST(unfit_for(debian_12, consumer) ==
               "librdkafka 2.0.2 does not have that protocol, or only a preview of it: run with librdkafka 2.12 or "
               "newer, or leave it at \"classic\"");
    BOOST_TEST(unfit_for(0x020b01ff, consumer) != "");
    BOOST_TEST(unfit_for(0x020c00ff, consumer) == "");
    BOOST_TEST(choose(0x020c00ff, consumer).incremental);
    BOOST_TEST(choose(0x020c00ff, consumer).must_join_to_leave);
}

BOOST_AUTO_TEST_CASE(the_fetch_backoff_can_be_set_from_2_2)
{
    BOOST_TEST(!choose(debian_12, eager).has_fetch_backoff);
    BOOST_TEST(!choose(0x020101ff, eager).has_fetch_backoff);
    BOOST_TEST(choose(0x020200ff, eager).has_fetch_backoff);
}

BOOST_AUTO_TEST_CASE(a_line_for_the_log_has_the_version_and_the_choices)
{
    BOOST_TEST(choose(debian_12, eager).describe() ==
               "librdkafka 2.0.2, no fetch.queue.backoff.ms: fetchers are woken");
    BOOST_TEST(choose(0x020a01ff, eager).describe() == "librdkafka 2.10.1, fetch.queue.backoff.ms available");
    BOOST_TEST(choose(0x020a01ff, cooperative).describe() ==
               "librdkafka 2.10.1, fetch.queue.backoff.ms available, incremental rebalances");
}

BOOST_AUTO_TEST_CASE(the_loaded_library_is_new_enough)
{
    BOOST_TEST(loaded_version() >= 0x02000200);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::kafka::capabilities_test

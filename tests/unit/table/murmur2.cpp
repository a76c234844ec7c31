#include "table/murmur2.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::tables::murmur2_test
{

BOOST_AUTO_TEST_SUITE(murmur2_suite)

// The values of the test of Kafka's own org.apache.kafka.common.utils.Utils.
BOOST_AUTO_TEST_CASE(hashes_as_java_does)
{
    BOOST_TEST(static_cast<std::int32_t>(murmur2("21")) == -973932308);
    BOOST_TEST(static_cast<std::int32_t>(murmur2("foobar")) == -790332482);
    BOOST_TEST(static_cast<std::int32_t>(murmur2("a-little-bit-long-string")) == -985981536);
    BOOST_TEST(static_cast<std::int32_t>(murmur2("a-little-bit-longer-string")) == -1486304829);
    BOOST_TEST(static_cast<std::int32_t>(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")) == -58897971);
    BOOST_TEST(static_cast<std::int32_t>(murmur2("abc")) == 479470107);
}

BOOST_AUTO_TEST_CASE(partitions_are_in_range)
{
    for (auto const* const key : {"", "a", "21", "foobar", "abc"})
        for (auto partitions : {1, 2, 3, 50})
        {
            BOOST_TEST(partition_of(key, partitions) >= 0);
            BOOST_TEST(partition_of(key, partitions) < partitions);
        }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables::murmur2_test

#include <paperboy/topic_partition.hpp>

#include <boost/test/unit_test.hpp>

namespace paperboy::topic_partition_test
{

BOOST_AUTO_TEST_SUITE(topic_partition_suite)

BOOST_AUTO_TEST_CASE(is_written_with_the_partition_in_brackets)
{
    BOOST_TEST(to_string(topic_partition{"orders", 12}) == "orders[12]");
}

BOOST_AUTO_TEST_CASE(is_ordered_by_topic_then_by_partition)
{
    BOOST_TEST((topic_partition{"a", 9} < topic_partition{"b", 0}));
    BOOST_TEST((topic_partition{"a", 2} < topic_partition{"a", 10}));
    BOOST_TEST((topic_partition{"a", 2} == topic_partition{"a", 2}));
    BOOST_TEST((topic_partition{"a", 2} != topic_partition{"a", 3}));
}

BOOST_AUTO_TEST_CASE(offsets_differ_by_offset_too)
{
    BOOST_TEST((partition_offset{"a", 2, 5} == partition_offset{"a", 2, 5}));
    BOOST_TEST((partition_offset{"a", 2, 5} != partition_offset{"a", 2, 6}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::topic_partition_test

#include "engine/table_sources.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::engine_detail::table_sources_test
{
namespace
{

using partition_list = std::vector<topic_partition>;

} // namespace

BOOST_AUTO_TEST_SUITE(table_sources_suite)

BOOST_AUTO_TEST_CASE(topics_that_share_tables_are_one_group)
{
    auto const sources = table_sources{{{"a", "b"}, {"c"}, {"d", "b"}, {"e", "c"}}};
    BOOST_TEST((sources.group_of("a") == sources.group_of("b")));
    BOOST_TEST((sources.group_of("a") == sources.group_of("d")));
    BOOST_TEST((sources.group_of("c") == sources.group_of("e")));
    BOOST_TEST((sources.group_of("a") != sources.group_of("c")));
    BOOST_TEST(!sources.group_of("z").has_value());
}

BOOST_AUTO_TEST_CASE(a_global_table_has_none)
{
    auto const sources = table_sources{{{"a"}, {}}};
    BOOST_TEST(!sources.feeds("a", 1));
    BOOST_TEST(sources.mismatch(1, {{"a", 3}}) == "");
    BOOST_TEST(sources.torn(1, partition_list{{"a", 0}}) == "");
}

BOOST_AUTO_TEST_CASE(a_topic_feeds_the_tables_that_name_it)
{
    auto const sources = table_sources{{{"a", "b"}, {"c"}}};
    BOOST_TEST(sources.feeds("a", 0));
    BOOST_TEST(!sources.feeds("a", 1));
}

BOOST_AUTO_TEST_CASE(names_topics_with_different_numbers_of_partitions)
{
    auto const sources = table_sources{{{"a", "b"}}};
    BOOST_TEST(sources.mismatch(0, {{"a", 4}, {"b", 4}}).empty());
    auto const text = sources.mismatch(0, {{"a", 4}, {"b", 3}});
    BOOST_TEST(text.find("\"a\" has 4 partitions, \"b\" has 3") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(names_a_partition_that_came_without_its_others)
{
    auto const sources = table_sources{{{"a", "b"}}};
    BOOST_TEST(sources.torn(0, partition_list{{"a", 1}, {"b", 1}, {"c", 0}}).empty());
    auto const text = sources.torn(0, partition_list{{"a", 1}, {"a", 2}, {"b", 1}});
    BOOST_TEST(text.find(to_string(topic_partition{"b", 2})) != std::string::npos, text);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::engine_detail::table_sources_test

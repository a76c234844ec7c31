#include "pipeline/group_targets.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::pipeline::group_targets_test
{
namespace
{

using offsets = std::vector<partition_offset>;

topic_partition const a0{"a", 0};
topic_partition const a1{"a", 1};

group_targets begun()
{
    auto targets = group_targets{};
    targets.begin(offsets{{"a", 0, 500}, {"a", 1, 0}});
    return targets;
}

} // namespace

BOOST_AUTO_TEST_SUITE(group_targets_suite)

BOOST_AUTO_TEST_CASE(all_partitions_have_to_pass_their_ends)
{
    auto const targets = begun();
    BOOST_TEST((targets.partitions() == std::vector{a0, a1}));
    BOOST_TEST(targets.of(a0).value_or(-1) == 500);
    BOOST_TEST(!targets.of({"b", 0}));
    BOOST_TEST(!targets.passed_by(offsets{{"a", 0, 499}, {"a", 1, 7}}));
    BOOST_TEST(targets.passed_by(offsets{{"a", 0, 500}, {"a", 1, 0}}));
}

BOOST_AUTO_TEST_CASE(a_step_without_partitions_is_passed)
{
    BOOST_TEST(group_targets{}.passed_by(offsets{}));
}

BOOST_AUTO_TEST_CASE(what_was_cut_off_is_waited_for_to_where_it_ends_now)
{
    auto targets = begun();
    auto const lowered = targets.lower(offsets{{"a", 0, 400}, {"a", 1, 9}, {"b", 0, 1}}, offsets{{"a", 0, 399}});
    BOOST_REQUIRE(lowered.size() == 1U);
    BOOST_TEST(lowered[0].topic == "a");
    BOOST_TEST(lowered[0].partition == 0);
    BOOST_TEST(lowered[0].offset == 500);
    BOOST_TEST(!targets.passed_by(offsets{{"a", 0, 399}}));
    BOOST_TEST(targets.passed_by(offsets{{"a", 0, 400}, {"a", 1, 0}}));
}

// Its owner has not seen the new one yet.
BOOST_AUTO_TEST_CASE(what_was_committed_of_the_old_log_does_not_count)
{
    auto targets = begun();
    auto const old = offsets{{"a", 0, 300}, {"a", 1, 0}};
    static_cast<void>(targets.lower(offsets{{"a", 0, 100}}, old));
    BOOST_TEST(!targets.passed_by(old));
    BOOST_TEST(!targets.passed_by(offsets{{"a", 0, 99}}));
    BOOST_TEST(targets.passed_by(offsets{{"a", 0, 100}}));
    BOOST_TEST(targets.passed_by(offsets{{"a", 0, 120}}));
    for (auto look = 1U; look < group_targets::most_stale_looks; ++look)
        static_cast<void>(targets.wants_ends());
    BOOST_TEST(!targets.passed_by(old));
    static_cast<void>(targets.wants_ends());
    BOOST_TEST(targets.passed_by(old));
}

// Nothing will be committed of it.
BOOST_AUTO_TEST_CASE(an_empty_new_log_is_passed_by_whatever_was_committed)
{
    auto targets = begun();
    static_cast<void>(targets.lower(offsets{{"a", 0, 0}}, offsets{{"a", 0, 300}}));
    BOOST_TEST(targets.passed_by(offsets{{"a", 0, 300}, {"a", 1, 0}}));
}

// What came after the step began is not a part of it.
BOOST_AUTO_TEST_CASE(growth_raises_no_target)
{
    auto targets = begun();
    BOOST_TEST(targets.lower(offsets{{"a", 0, 600}, {"a", 1, 1}}, offsets{}).empty());
    BOOST_TEST(targets.of(a0).value_or(-1) == 500);
    BOOST_TEST(targets.of(a1).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(the_ends_are_asked_for_now_and_then_and_not_soon_after_a_step_began)
{
    auto targets = begun();
    auto asked = 0U;
    for (auto look = 0U; look < 2 * group_targets::looks_between_ends; ++look)
        asked += targets.wants_ends() ? 1 : 0;
    BOOST_TEST(asked == 2U);
    BOOST_TEST(!targets.wants_ends());
    targets.begin(offsets{});
    for (auto look = 1U; look < group_targets::looks_between_ends; ++look)
        BOOST_TEST(!targets.wants_ends());
    BOOST_TEST(targets.wants_ends());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::group_targets_test

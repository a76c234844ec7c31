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
    auto targets = begun();
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
    for (auto look = 1U; look < group_targets::most_stale_looks; ++look)
        static_cast<void>(targets.wants_ends());
    BOOST_TEST(!targets.passed_by(old));
    static_cast<void>(targets.wants_ends());
    BOOST_TEST(targets.passed_by(old));
}

// Its owner goes on for a while with what it had fetched.
BOOST_AUTO_TEST_CASE(what_follows_in_the_old_log_does_not_count_either)
{
    auto targets = begun();
    static_cast<void>(targets.lower(offsets{{"a", 0, 100}}, offsets{{"a", 0, 300}}));
    auto const next = offsets{{"a", 0, 310}, {"a", 1, 0}};
    BOOST_TEST(!targets.passed_by(next));
    static_cast<void>(targets.lower(offsets{{"a", 0, 100}}, next));
    BOOST_TEST(!targets.passed_by(next));
    BOOST_TEST(!targets.passed_by(offsets{{"a", 0, 99}, {"a", 1, 0}}));
    BOOST_TEST(targets.passed_by(offsets{{"a", 0, 320}, {"a", 1, 0}}));
    BOOST_TEST(targets.passed_by(offsets{{"a", 0, 100}, {"a", 1, 0}}));
}

// Nothing of the new log is handled any more: it is looked for long, and then no more, though its ends are asked for
// again.
BOOST_AUTO_TEST_CASE(an_old_offset_that_stays_counts_in_the_end)
{
    auto targets = begun();
    auto const committed = offsets{{"a", 0, 500}, {"a", 1, 0}};
    auto looks = 0U;
    auto passed = false;
    while (!passed && looks < 2 * group_targets::most_stale_looks)
    {
        ++looks;
        if (targets.wants_ends())
            static_cast<void>(targets.lower(offsets{{"a", 0, 400}}, committed));
        passed = targets.passed_by(committed);
    }
    BOOST_TEST(looks == group_targets::most_stale_looks + 1);
    BOOST_TEST(targets.passed_by(committed));
    static_cast<void>(targets.lower(offsets{{"a", 0, 400}}, committed));
    BOOST_TEST(targets.passed_by(committed));
}

// The new log has grown past the old offset before its owner has committed anything of it.
BOOST_AUTO_TEST_CASE(an_offset_that_has_moved_counts_where_the_new_log_has_it)
{
    auto targets = begun();
    BOOST_TEST(targets.wants_ends());
    static_cast<void>(targets.lower(offsets{{"a", 0, 100}}, offsets{{"a", 0, 300}}));
    BOOST_TEST(!targets.wants_ends());
    auto const moved = offsets{{"a", 0, 900}, {"a", 1, 0}};
    BOOST_TEST(!targets.passed_by(moved));
    BOOST_TEST(targets.wants_ends());
    static_cast<void>(targets.lower(offsets{{"a", 0, 1000}}, moved));
    BOOST_TEST(targets.passed_by(moved));
}

// Another member has not seen the new log when we begin the step anew for a partition of ours.
BOOST_AUTO_TEST_CASE(what_lies_behind_the_end_as_the_step_begins_is_of_the_old_log)
{
    auto targets = group_targets{};
    targets.begin(offsets{{"a", 0, 100}});
    BOOST_TEST(targets.wants_ends());
    BOOST_TEST(targets.lower(offsets{{"a", 0, 100}}, offsets{{"a", 0, 300}}).empty());
    BOOST_TEST(!targets.passed_by(offsets{{"a", 0, 300}}));
    targets.begin(offsets{{"a", 0, 100}});
    BOOST_TEST(!targets.passed_by(offsets{{"a", 0, 310}}));
    targets.begin(offsets{{"b", 0, 0}});
    targets.begin(offsets{{"a", 0, 100}});
    BOOST_TEST(targets.passed_by(offsets{{"a", 0, 310}}));
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

BOOST_AUTO_TEST_CASE(the_ends_are_asked_for_at_first_and_then_now_and_then)
{
    auto targets = begun();
    for (auto round = 0; round < 2; ++round)
    {
        BOOST_TEST(targets.wants_ends());
        for (auto look = 1U; look < group_targets::looks_between_ends; ++look)
            BOOST_TEST(!targets.wants_ends());
    }
    BOOST_TEST(targets.wants_ends());
    BOOST_TEST(!targets.wants_ends());
    targets.begin(offsets{});
    BOOST_TEST(targets.wants_ends());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::group_targets_test

#include "pipeline/step_plan.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::pipeline::step_plan_test
{
namespace
{

using partitions = std::vector<std::pair<topic_partition, std::size_t>>;

topic_partition const a0{"a", 0};
topic_partition const a1{"a", 1};
topic_partition const b0{"b", 0};
topic_partition const rest{"rest", 0};

step_plan two_steps()
{
    auto plan = step_plan{2};
    plan.assign(partitions{{a0, 0}, {a1, 0}, {b0, 1}, {rest, 2}});
    return plan;
}

} // namespace

BOOST_AUTO_TEST_SUITE(step_plan_suite)

BOOST_AUTO_TEST_CASE(without_steps_everything_runs)
{
    auto plan = step_plan{0};
    plan.assign(partitions{{a0, 0}});
    BOOST_TEST(plan.finished());
    BOOST_TEST(plan.may_run(a0));
}

BOOST_AUTO_TEST_CASE(only_the_present_step_runs_until_each_of_its_partitions_has_passed)
{
    auto plan = two_steps();
    BOOST_TEST(plan.may_run(a0));
    BOOST_TEST(plan.may_run(a1));
    BOOST_TEST(!plan.may_run(b0));
    BOOST_TEST(!plan.may_run(rest));
    plan.passed(a0);
    BOOST_TEST(!plan.step_is_over());
    BOOST_TEST(plan.passed_count() == 1U);
    plan.passed(a1);
    BOOST_TEST(plan.step_is_over());
}

BOOST_AUTO_TEST_CASE(earlier_steps_go_on_while_later_ones_catch_up_and_the_rest_comes_last)
{
    auto plan = two_steps();
    plan.passed(a0);
    plan.passed(a1);
    plan.advance();
    BOOST_TEST(plan.step() == 1U);
    BOOST_TEST(plan.may_run(a0));
    BOOST_TEST(plan.may_run(b0));
    BOOST_TEST(!plan.may_run(rest));
    plan.passed(b0);
    plan.advance();
    BOOST_TEST(plan.finished());
    BOOST_TEST(plan.may_run(rest));
}

BOOST_AUTO_TEST_CASE(a_partition_of_another_step_does_not_count)
{
    auto plan = two_steps();
    plan.passed(b0);
    plan.passed(rest);
    BOOST_TEST(plan.passed_count() == 0U);
    plan.passed(a0);
    plan.passed(a1);
    plan.advance();
    BOOST_TEST(!plan.step_is_over());
}

BOOST_AUTO_TEST_CASE(a_step_without_partitions_is_over_at_once)
{
    auto plan = step_plan{2};
    plan.assign(partitions{{b0, 1}});
    BOOST_TEST(plan.step_is_over());
}

BOOST_AUTO_TEST_CASE(a_new_assignment_begins_with_the_first_step_again_and_knows_nothing_of_the_old)
{
    auto plan = two_steps();
    plan.passed(a0);
    plan.passed(a1);
    plan.advance();
    plan.assign(partitions{{a1, 0}, {b0, 1}});
    BOOST_TEST(plan.step() == 0U);
    BOOST_TEST(!plan.step_is_over());
    plan.passed(a0);
    BOOST_TEST(!plan.step_is_over());
    plan.passed(a1);
    BOOST_TEST(plan.step_is_over());
}

BOOST_AUTO_TEST_CASE(once_all_steps_are_over_they_stay_over)
{
    auto plan = two_steps();
    plan.advance();
    plan.advance();
    plan.assign(partitions{{a0, 0}, {b0, 1}});
    BOOST_TEST(plan.finished());
    BOOST_TEST(plan.may_run(b0));
}

BOOST_AUTO_TEST_CASE(each_assignment_has_a_plan_with_a_number_of_its_own)
{
    auto plan = two_steps();
    auto const first = plan.plan();
    plan.passed(a0);
    plan.passed(a1);
    plan.advance();
    BOOST_TEST(plan.plan() == first);
    plan.assign(partitions{{a0, 0}, {b0, 1}});
    BOOST_TEST(plan.plan() != first);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::step_plan_test

#include "engine/start_plan.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::engine_detail::start_plan_test
{
namespace
{

using namespace std::chrono_literals;

std::vector<topic_partition> const two{{"orders", 0}, {"orders", 1}};

start_plan::chooser always(start_at start)
{
    return [start = std::move(start)](std::string const&) { return start; };
}

} // namespace

BOOST_AUTO_TEST_SUITE(start_plan_suite)

BOOST_AUTO_TEST_CASE(stored_offsets_need_no_question)
{
    BOOST_TEST(start_plan{}.ask(two, always(start_at::stored())).empty());
}

BOOST_AUTO_TEST_CASE(places_are_asked_for_as_the_protocol_has_them)
{
    auto const time_of = [](start_at const& start)
    {
        auto const asked = start_plan{}.ask(two, always(start));
        BOOST_REQUIRE(asked.size() == 2U);
        BOOST_TEST(!asked[1].offset);
        BOOST_TEST((asked[1].where == two[1]));
        return asked[1].time;
    };
    BOOST_TEST(time_of(start_at::beginning()) == -2);
    BOOST_TEST(time_of(start_at::end()) == -1);
    BOOST_TEST(time_of(start_at::time(std::chrono::system_clock::time_point{1500ms})) == 1500);
}

BOOST_AUTO_TEST_CASE(offsets_are_of_the_partitions_they_name)
{
    auto const asked = start_plan{}.ask(two, always(start_at::offsets({{1, 42}})));
    BOOST_REQUIRE(asked.size() == 1U);
    BOOST_TEST((asked[0].where == two[1]));
    BOOST_TEST(asked[0].offset.value() == 42);
}

BOOST_AUTO_TEST_CASE(the_group_may_have_decided_already)
{
    BOOST_TEST(!start_plan{}.ask(two, always(start_at::end())).front().unless_committed);
    BOOST_TEST(start_plan{}.ask(two, always(start_at::end().unless_committed())).front().unless_committed);
}

BOOST_AUTO_TEST_CASE(a_partition_is_asked_about_until_something_of_it_is_committed)
{
    auto plan = start_plan{};
    BOOST_TEST(plan.ask(two, always(start_at::end())).size() == 2U);
    BOOST_TEST(plan.ask(two, always(start_at::end())).size() == 2U);
    plan.committed(std::vector<partition_offset>{{"orders", 0, 7}});
    auto const asked = plan.ask(two, always(start_at::end()));
    BOOST_REQUIRE(asked.size() == 1U);
    BOOST_TEST((asked[0].where == two[1]));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::engine_detail::start_plan_test

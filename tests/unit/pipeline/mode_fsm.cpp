#include "pipeline/mode_fsm.hpp"

#include <boost/test/unit_test.hpp>

#include <tuple>

namespace paperboy::pipeline::mode_fsm_test
{
namespace
{

using namespace std::chrono_literals;

constexpr auto start = mode_fsm::time_point{} + 1h;

mode_policy policy_of(handling_mode mode)
{
    auto policy = mode_policy{};
    policy.mode = mode;
    policy.enter_above_lag = 100;
    policy.leave_below_lag = 10;
    policy.min_dwell = 1s;
    return policy;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mode_fsm_suite)

BOOST_AUTO_TEST_CASE(begins_one_by_one_and_turns_to_bulk_above_the_upper_threshold)
{
    auto mode = mode_fsm{policy_of(handling_mode::automatic), true};
    BOOST_TEST(!mode.bulk());
    BOOST_TEST(!mode.update(100, start));
    BOOST_TEST(mode.update(101, start));
    BOOST_TEST(mode.bulk());
}

BOOST_AUTO_TEST_CASE(turns_back_only_below_the_lower_threshold)
{
    auto mode = mode_fsm{policy_of(handling_mode::automatic), true};
    BOOST_REQUIRE(mode.update(101, start));
    BOOST_TEST(!mode.update(50, start + 5s));
    BOOST_TEST(!mode.update(10, start + 5s));
    BOOST_TEST(mode.update(9, start + 5s));
    BOOST_TEST(!mode.bulk());
}

BOOST_AUTO_TEST_CASE(dwells_between_two_turns)
{
    auto mode = mode_fsm{policy_of(handling_mode::automatic), true};
    BOOST_REQUIRE(mode.update(101, start));
    BOOST_TEST(!mode.update(0, start + 999ms));
    BOOST_TEST(mode.bulk());
    BOOST_TEST(mode.update(0, start + 1s));
    BOOST_TEST(!mode.update(1000, start + 1500ms));
    BOOST_TEST(mode.update(1000, start + 2s));
}

BOOST_AUTO_TEST_CASE(a_lag_between_the_thresholds_never_flaps)
{
    auto mode = mode_fsm{policy_of(handling_mode::automatic), true};
    BOOST_REQUIRE(mode.update(101, start));
    for (auto lag = std::int64_t{10}; lag <= 100; ++lag)
        BOOST_TEST(!mode.update(lag, start + 1h + lag * 1s));
}

BOOST_AUTO_TEST_CASE(fixed_modes_never_turn)
{
    auto single = mode_fsm{policy_of(handling_mode::single), true};
    auto bulk = mode_fsm{policy_of(handling_mode::bulk), true};
    BOOST_TEST(!single.update(1'000'000, start));
    BOOST_TEST(!bulk.update(0, start));
    BOOST_TEST(!single.bulk());
    BOOST_TEST(bulk.bulk());
    BOOST_TEST(!single.automatic());
}

BOOST_AUTO_TEST_CASE(a_handler_without_on_bulk_stays_single_in_every_mode)
{
    for (auto const mode : {handling_mode::automatic, handling_mode::single, handling_mode::bulk})
    {
        auto fsm = mode_fsm{policy_of(mode), false};
        BOOST_TEST(!fsm.update(1'000'000, start));
        BOOST_TEST(!fsm.bulk());
    }
}

BOOST_AUTO_TEST_CASE(a_step_is_caught_up_with_in_bulk_unless_the_policy_says_single)
{
    for (auto const& [policy, before, meanwhile] :
         {std::tuple{handling_mode::automatic, false, true}, std::tuple{handling_mode::bulk, true, true},
          std::tuple{handling_mode::single, false, false}})
    {
        auto mode = mode_fsm{policy_of(policy), true};
        BOOST_TEST(mode.bulk() == before);
        mode.catch_up(true);
        BOOST_TEST(mode.bulk() == meanwhile);
        BOOST_TEST(!mode.automatic());
        mode.catch_up(false);
        BOOST_TEST(mode.bulk() == before);
    }
    auto cannot = mode_fsm{policy_of(handling_mode::automatic), false};
    cannot.catch_up(true);
    BOOST_TEST(!cannot.bulk());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::mode_fsm_test

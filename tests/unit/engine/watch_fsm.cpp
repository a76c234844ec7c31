#include "engine/watch_fsm.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::engine_detail::watch_fsm_test
{
namespace
{

using namespace std::chrono_literals;
using view = pipeline::hook_stand::view;
using action = watch_action;

// One machine, looked at on a clock of its own.
struct fixture
{
    watch_fsm fsm;
    watch_fsm::clock::time_point now{};

    action look(view const& seen, watch_fsm::clock::duration later)
    {
        now += later;
        return fsm.look(seen, now, 10s, 60s);
    }
};

constexpr auto inside = view{1, 7};

} // namespace

BOOST_FIXTURE_TEST_SUITE(watch_fsm_suite, fixture)

BOOST_AUTO_TEST_CASE(hooks_that_run_long_are_told_once_and_then_given_up_once)
{
    BOOST_TEST((look(inside, 1s) == action::none));
    BOOST_TEST((look(inside, 9s) == action::none));
    BOOST_TEST(!fsm.over_limit());
    BOOST_TEST((look(inside, 1s) == action::report));
    BOOST_TEST((fsm.age(now) == 10s));
    BOOST_TEST((look(inside, 1s) == action::none));
    BOOST_TEST(fsm.over_limit());
    BOOST_TEST((look(inside, 49s) == action::give_up));
    BOOST_TEST((look(inside, 60s) == action::none));
    BOOST_TEST(fsm.over_limit());
}

BOOST_AUTO_TEST_CASE(nothing_is_told_while_no_hook_runs)
{
    BOOST_TEST((look({2, 7}, 1s) == action::none));
    BOOST_TEST((look({2, 7}, 100s) == action::none));
}

BOOST_AUTO_TEST_CASE(each_record_and_each_pass_begins_anew)
{
    static_cast<void>(look(inside, 1s));
    BOOST_TEST((look(inside, 10s) == action::report));
    BOOST_TEST((look({1, 8}, 5s) == action::none));
    BOOST_TEST(!fsm.over_limit());
    BOOST_TEST((look({1, 8}, 9s) == action::none));
    BOOST_TEST((look({3, 8}, 9s) == action::none));
    BOOST_TEST((look({3, 8}, 9s) == action::none));
    BOOST_TEST((look({3, 8}, 1s) == action::report));
}

BOOST_AUTO_TEST_CASE(a_stand_shows_the_record_in_its_hooks)
{
    auto position = std::atomic<std::int64_t>{-1};
    auto watch = pipeline::partition_watch{{"orders", 0}, "orders"};
    auto& stand = watch.add(position);
    BOOST_TEST(watch.look().front().passes % 2 == 0U);
    {
        auto const pass = pipeline::hook_pass{&stand, 4};
        BOOST_TEST((watch.look().front() == view{1, 4}));
        position = 6;
        BOOST_TEST((watch.look().front() == view{1, 6}));
    }
    BOOST_TEST(watch.look().front().passes == 2U);
    watch.take_down();
    BOOST_TEST(watch.look().empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::engine_detail::watch_fsm_test

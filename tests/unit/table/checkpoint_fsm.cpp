#include "table/checkpoint_fsm.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::tables::checkpoint_fsm_test
{
namespace
{

using namespace std::chrono_literals;

constexpr auto start = checkpoint_fsm::time_point{} + 1h;
constexpr auto settings = checkpoint_settings{.interval = 1s, .bytes = 1000, .retry = 5s};

} // namespace

BOOST_AUTO_TEST_SUITE(checkpoint_fsm_suite)

BOOST_AUTO_TEST_CASE(is_due_by_time_when_there_is_something)
{
    auto const fsm = checkpoint_fsm{settings, start};
    BOOST_TEST(!fsm.due(start + 999ms, 1));
    BOOST_TEST(fsm.due(start + 1s, 1));
    BOOST_TEST(!fsm.due(start + 1s, 0));
}

BOOST_AUTO_TEST_CASE(is_due_by_size_before_its_time)
{
    auto const fsm = checkpoint_fsm{settings, start};
    BOOST_TEST(!fsm.due(start, 999));
    BOOST_TEST(fsm.due(start, 1000));
}

BOOST_AUTO_TEST_CASE(the_interval_begins_with_the_last_checkpoint)
{
    auto fsm = checkpoint_fsm{settings, start};
    fsm.done(start + 600ms);
    BOOST_TEST(!fsm.due(start + 1s, 1));
    BOOST_TEST(fsm.due(start + 1600ms, 1));
}

BOOST_AUTO_TEST_CASE(after_a_failure_neither_size_nor_time_hurry)
{
    auto fsm = checkpoint_fsm{settings, start};
    fsm.failed(start);
    BOOST_TEST(!fsm.due(start + 4999ms, 1'000'000));
    BOOST_TEST(fsm.due(start + 5s, 1));
    fsm.done(start + 5s);
    BOOST_TEST(fsm.due(start + 5s, 1000));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables::checkpoint_fsm_test

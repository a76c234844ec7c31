#include "engine/health_fsm.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::engine_detail::health_fsm_test
{
namespace
{

using namespace std::chrono_literals;

constexpr auto start = health_fsm::time_point{1000s};

struct fixture
{
    health_fsm machine{start};

    [[nodiscard]] std::string shown() const
    {
        auto const& now = machine.now();
        return std::string{to_string(now.status)} + ": " + now.reason;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(health_fsm_suite, fixture)

BOOST_AUTO_TEST_CASE(before_a_run_it_is_stopped_and_alive)
{
    BOOST_TEST(shown() == "stopped: async_run has not been called");
    BOOST_TEST(machine.now().alive());
    BOOST_TEST(!machine.now().started());
    BOOST_TEST(!machine.now().ready());
    BOOST_TEST((machine.now().since == start));
}

BOOST_AUTO_TEST_CASE(a_run_from_its_beginning_to_its_end)
{
    machine.started("joining", start + 1s);
    BOOST_TEST(shown() == "starting: joining");
    machine.trouble("cannot reach k:9092");
    BOOST_TEST(shown() == "starting: cannot reach k:9092");
    BOOST_TEST((machine.now().since == start + 1s));

    machine.assigned(3, 0, start + 2s);
    BOOST_TEST(shown() == "running: assigned 3 partitions");
    BOOST_TEST(machine.now().ready());
    BOOST_TEST(machine.now().started());
    BOOST_TEST(machine.now().partitions == 3U);
    BOOST_TEST((machine.now().since == start + 2s));

    machine.stopping("stop() was called", start + 3s);
    BOOST_TEST(shown() == "stopping: stop() was called");
    BOOST_TEST(!machine.now().ready());
    machine.released(false);
    BOOST_TEST(shown() == "stopping: stop() was called");

    machine.ended(false, "stop() was called", start + 4s);
    BOOST_TEST(shown() == "stopped: stop() was called");
    BOOST_TEST(machine.now().alive());
    BOOST_TEST((machine.now().since == start + 4s));
}

BOOST_AUTO_TEST_CASE(between_two_assignments_it_is_not_ready_but_has_started)
{
    machine.started("joining", start);
    machine.assigned(1, 0, start);
    BOOST_TEST(shown() == "running: assigned 1 partition");
    machine.released(false);
    BOOST_TEST(shown() == "running: the group is rebalancing; waiting to be given partitions");
    BOOST_TEST(!machine.now().ready());
    BOOST_TEST(machine.now().started());
    machine.assigned(0, 0, start + 5s);
    BOOST_TEST(machine.now().ready());
    BOOST_TEST(shown() ==
               "running: assigned no partitions: the group has more members than its topics have partitions");
    BOOST_TEST((machine.now().since == start));
    machine.released(true);
    BOOST_TEST(shown() == "running: the group took all partitions away; waiting to be given some again");
    machine.trouble("cannot reach k:9092");
    BOOST_TEST(shown() == "running: cannot reach k:9092");
}

// Probes ask from other threads, at any moment.
BOOST_AUTO_TEST_CASE(it_is_not_ready_between_an_assignment_and_the_restore_of_its_tables)
{
    machine.started("joining", start);
    machine.assigned(3, 2, start);
    BOOST_TEST(!machine.now().ready());
    machine.restoring(2, "restoring table t");
    BOOST_TEST(shown() == "running: restoring table t");
    BOOST_TEST(!machine.now().ready());
    machine.restoring(0, "");
    BOOST_TEST(shown() == "running: assigned 3 partitions");
    BOOST_TEST(machine.now().ready());
}

BOOST_AUTO_TEST_CASE(trouble_with_an_assignment_at_hand_changes_nothing)
{
    machine.started("joining", start);
    machine.assigned(2, 0, start);
    machine.trouble("a broker is away");
    BOOST_TEST(shown() == "running: assigned 2 partitions");
}

BOOST_AUTO_TEST_CASE(a_failed_run_is_not_alive_and_the_next_one_is)
{
    machine.started("joining", start);
    machine.assigned(2, 0, start);
    machine.stopping("orders[1]@7: on_message failed: no", start);
    machine.ended(true, "orders[1]@7: on_message failed: no", start);
    BOOST_TEST(shown() == "failed: orders[1]@7: on_message failed: no");
    BOOST_TEST(!machine.now().alive());
    BOOST_TEST(machine.now().partitions == 0U);
    machine.started("joining again", start + 9s);
    BOOST_TEST(shown() == "starting: joining again");
    BOOST_TEST(machine.now().alive());
    BOOST_TEST(!machine.now().started());
}

BOOST_AUTO_TEST_CASE(a_stuck_hook_is_the_reason_until_it_ends)
{
    machine.started("joining", start);
    machine.assigned(3, 0, start);
    machine.stuck("orders[0]@7: stuck");
    BOOST_TEST(shown() == "running: orders[0]@7: stuck");
    machine.released(false);
    BOOST_TEST(shown() == "running: orders[0]@7: stuck");
    machine.stuck("");
    BOOST_TEST(shown() == "running: the group is rebalancing; waiting to be given partitions");
    machine.stuck("orders[0]@7: stuck");
    machine.stopping("stop() was called", start);
    BOOST_TEST(shown() == "stopping: stop() was called");
    machine.ended(false, "stop() was called", start);
    BOOST_TEST(shown() == "stopped: stop() was called");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::engine_detail::health_fsm_test

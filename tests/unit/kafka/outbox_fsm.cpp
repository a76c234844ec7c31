#include "kafka/outbox_fsm.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::kafka::outbox_fsm_test
{
namespace
{

outbox_fsm open()
{
    auto fsm = outbox_fsm{};
    fsm.opened();
    return fsm;
}

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_fsm_suite)

BOOST_AUTO_TEST_CASE(refuses_without_a_client)
{
    auto fsm = outbox_fsm{};
    BOOST_CHECK(fsm.send(false) == send_action::refuse);
    fsm.opened();
    BOOST_CHECK(fsm.send(false) == send_action::produce);
    fsm.closed();
    BOOST_CHECK(fsm.send(false) == send_action::refuse);
}

BOOST_AUTO_TEST_CASE(nothing_overtakes_what_waits)
{
    BOOST_CHECK(open().send(true) == send_action::wait);
}

BOOST_AUTO_TEST_CASE(what_finds_no_room_waits_for_reports_and_fails_when_none_can_come)
{
    auto fsm = open();
    BOOST_CHECK(fsm.full() == full_action::fail);
    fsm.accepted();
    BOOST_CHECK(fsm.full() == full_action::wait);
    BOOST_CHECK(fsm.reported(1, true) == client_action::none);
    BOOST_CHECK(fsm.full() == full_action::fail);
}

BOOST_AUTO_TEST_CASE(a_client_that_fails_is_replaced_once_everything_is_reported)
{
    auto fsm = open();
    fsm.accepted();
    fsm.accepted();
    BOOST_CHECK(fsm.fatal() == client_action::purge);
    BOOST_CHECK(fsm.send(false) == send_action::wait);
    BOOST_CHECK(fsm.fatal() == client_action::none);
    BOOST_CHECK(fsm.reported(1, false) == client_action::none);
    BOOST_CHECK(fsm.reported(1, false) == client_action::replace);
    fsm.replaced();
    BOOST_CHECK(fsm.send(true) == send_action::wait);
    BOOST_CHECK(fsm.send(false) == send_action::produce);
}

BOOST_AUTO_TEST_CASE(a_client_that_fails_with_nothing_on_its_way_is_replaced_at_once)
{
    auto fsm = open();
    BOOST_CHECK(fsm.fatal() == client_action::purge);
    BOOST_CHECK(fsm.reported(0, false) == client_action::replace);
}

BOOST_AUTO_TEST_CASE(a_second_failure_without_an_acknowledgement_in_between_is_the_end)
{
    auto fsm = open();
    BOOST_CHECK(fsm.fatal() == client_action::purge);
    BOOST_CHECK(fsm.reported(0, false) == client_action::replace);
    fsm.replaced();
    fsm.accepted();
    BOOST_CHECK(fsm.fatal() == client_action::give_up);
    BOOST_CHECK(fsm.send(false) == send_action::refuse);
    BOOST_CHECK(fsm.reported(1, false) == client_action::none);
    BOOST_TEST(fsm.in_flight() == 0U);
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_in_between_allows_another_replacement)
{
    auto fsm = open();
    BOOST_CHECK(fsm.fatal() == client_action::purge);
    BOOST_CHECK(fsm.reported(0, false) == client_action::replace);
    fsm.replaced();
    fsm.accepted();
    BOOST_CHECK(fsm.reported(1, true) == client_action::none);
    BOOST_CHECK(fsm.fatal() == client_action::purge);
}

BOOST_AUTO_TEST_CASE(a_client_that_has_what_must_not_arrive_is_replaced_like_one_that_failed)
{
    auto fsm = open();
    fsm.accepted();
    BOOST_CHECK(fsm.withdrawn() == client_action::purge);
    BOOST_CHECK(fsm.withdrawn() == client_action::none);
    BOOST_CHECK(fsm.fatal() == client_action::none);
    BOOST_CHECK(fsm.send(false) == send_action::wait);
    BOOST_CHECK(fsm.reported(1, false) == client_action::replace);
    fsm.replaced();
    BOOST_CHECK(fsm.send(false) == send_action::produce);
}

BOOST_AUTO_TEST_CASE(a_client_that_was_replaced_without_having_failed_counts_for_nothing)
{
    auto fsm = open();
    fsm.accepted();
    BOOST_CHECK(fsm.withdrawn() == client_action::purge);
    BOOST_CHECK(fsm.reported(1, false) == client_action::replace);
    fsm.replaced();
    fsm.accepted();
    BOOST_CHECK(fsm.fatal() == client_action::purge);
    BOOST_CHECK(fsm.reported(1, false) == client_action::replace);
    fsm.replaced();
    fsm.accepted();
    BOOST_CHECK(fsm.withdrawn() == client_action::purge);
    BOOST_CHECK(fsm.reported(1, false) == client_action::replace);
    fsm.replaced();
    BOOST_CHECK(fsm.fatal() == client_action::give_up);
}

BOOST_AUTO_TEST_CASE(without_a_client_there_is_nothing_to_withdraw)
{
    auto fsm = outbox_fsm{};
    fsm.opens_when_needed();
    BOOST_CHECK(fsm.withdrawn() == client_action::none);
    BOOST_TEST(fsm.idle());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::kafka::outbox_fsm_test

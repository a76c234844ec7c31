#include "pipeline/ack_gate.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

namespace paperboy::pipeline::ack_gate_test
{

BOOST_AUTO_TEST_SUITE(ack_gate_suite)

BOOST_AUTO_TEST_CASE(is_open_while_nothing_was_sent)
{
    auto const gate = ack_gate{};
    BOOST_TEST(gate.lowest() == ack_gate::open);
    BOOST_TEST(gate.settled());
}

BOOST_AUTO_TEST_CASE(holds_an_offset_until_each_of_its_sends_is_acknowledged)
{
    auto gate = ack_gate{};
    gate.hold(7);
    gate.hold(7);
    gate.acknowledge(7);
    BOOST_TEST(gate.lowest() == 7);
    BOOST_TEST(!gate.settled());
    gate.acknowledge(7);
    BOOST_TEST(gate.lowest() == ack_gate::open);
    BOOST_TEST(gate.settled());
}

BOOST_AUTO_TEST_CASE(the_lowest_offset_that_waits_counts_in_whatever_order_acknowledgements_come)
{
    auto gate = ack_gate{};
    for (auto const offset : {3, 5, 9})
        gate.hold(offset);
    gate.acknowledge(5);
    BOOST_TEST(gate.lowest() == 3);
    gate.acknowledge(3);
    BOOST_TEST(gate.lowest() == 9);
    gate.acknowledge(9);
    BOOST_TEST(gate.lowest() == ack_gate::open);
}

BOOST_AUTO_TEST_CASE(offsets_may_be_held_in_any_order)
{
    auto gate = ack_gate{};
    for (auto const offset : {9, 3, 5, 3, 5})
        gate.hold(offset);
    BOOST_TEST(gate.lowest() == 3);
    gate.acknowledge(3);
    gate.acknowledge(3);
    BOOST_TEST(gate.lowest() == 5);
    gate.hold(4);
    BOOST_TEST(gate.lowest() == 4);
    BOOST_TEST(gate.outstanding() == 4U);
}

BOOST_AUTO_TEST_CASE(a_failed_offset_stays_closed_and_is_not_waited_for)
{
    auto gate = ack_gate{};
    gate.hold(4);
    gate.hold(6);
    gate.hold(8);
    gate.fail(6);
    BOOST_TEST(!gate.settled());
    gate.acknowledge(4);
    BOOST_TEST(gate.lowest() == 6);
    gate.acknowledge(8);
    BOOST_TEST(gate.lowest() == 6);
    BOOST_TEST(gate.settled());
}

BOOST_AUTO_TEST_CASE(acknowledgements_of_what_was_never_held_change_nothing)
{
    auto gate = ack_gate{};
    gate.acknowledge(1);
    gate.hold(5);
    gate.acknowledge(4);
    BOOST_TEST(gate.lowest() == 5);
    BOOST_TEST(gate.outstanding() == 1U);
}

// A hook sends and ends while another thread acknowledges and a third one reads what may be committed.
BOOST_AUTO_TEST_CASE(what_is_read_in_the_right_order_never_passes_an_unacknowledged_offset)
{
    constexpr auto count = 20'000;
    auto gate = ack_gate{};
    auto position = std::atomic<std::int64_t>{0};
    auto acknowledged = std::vector<std::atomic<bool>>(count);
    auto sent = std::atomic<int>{0};
    auto violations = 0;
    auto sender = std::jthread{[&]
                               {
                                   for (auto i = 0; i < count; ++i)
                                   {
                                       gate.hold(i);
                                       sent.store(i + 1);
                                       position.store(i + 1, std::memory_order_release);
                                   }
                               }};
    auto broker = std::jthread{[&]
                               {
                                   for (auto i = 0; i < count; ++i)
                                   {
                                       while (sent.load() <= i)
                                           std::this_thread::yield();
                                       acknowledged[static_cast<std::size_t>(i)].store(true);
                                       gate.acknowledge(i);
                                   }
                               }};
    for (auto committed = std::int64_t{0}; committed < count;)
    {
        auto const finished = position.load(std::memory_order_acquire);
        auto const now = std::min(finished, gate.lowest());
        for (; committed < now; ++committed)
            violations += acknowledged[static_cast<std::size_t>(committed)].load() ? 0 : 1;
    }
    BOOST_TEST(violations == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::ack_gate_test

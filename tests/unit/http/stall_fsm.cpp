#include "http/stall_fsm.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace paperboy::http::stall_fsm_test
{
namespace
{

using namespace std::chrono_literals;

partition_stats in_hooks(std::int32_t partition, std::int64_t position)
{
    auto made = partition_stats{};
    made.topic = "orders";
    made.partition = partition;
    made.position = position;
    made.records = static_cast<std::uint64_t>(position);
    made.in_flight = 3;
    return made;
}

partition_stats idle(std::int32_t partition)
{
    auto made = in_hooks(partition, 0);
    made.in_flight = 0;
    return made;
}

// One engine, looked at now and then, of which stands still what finishes nothing for a minute.
struct fixture
{
    stall_fsm fsm{60s};
    stall_fsm::time_point now{};
    engine_stats engine;

    // What stands still, as "orders[1]@7 60 s".
    std::string look(std::vector<partition_stats> partitions, std::chrono::seconds later = 10s)
    {
        now += later;
        engine.partitions = std::move(partitions);
        auto told = std::string{};
        for (auto const& each : fsm.look(engine, now))
        {
            told += told.empty() ? "" : ", ";
            told += each.where ? to_string(*each.where) : "gone";
            told += each.offset ? "@" + std::to_string(*each.offset) : "";
            told += " " + std::to_string(each.time / 1s) + " s";
        }
        return told;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(stall_fsm_suite, fixture)

BOOST_AUTO_TEST_CASE(a_partition_that_finishes_no_record_stands_still_until_it_does)
{
    BOOST_TEST(look({in_hooks(1, 7), in_hooks(2, 5)}) == "");
    BOOST_TEST(look({in_hooks(1, 7), in_hooks(2, 6)}, 50s) == "");
    BOOST_TEST(look({in_hooks(1, 7), in_hooks(2, 6)}) == "orders[1]@7 60 s");
    BOOST_TEST(look({in_hooks(1, 8), in_hooks(2, 7)}) == "");
    BOOST_TEST(look({idle(1), in_hooks(2, 8)}, 60s) == "");
}

BOOST_AUTO_TEST_CASE(what_is_held_or_waits_for_a_bulk_is_in_no_hook)
{
    auto held = in_hooks(0, 7);
    held.held = true;
    auto collecting = in_hooks(1, 7);
    collecting.collecting = 3;
    BOOST_TEST(look({held, collecting}) == "");
    BOOST_TEST(look({held, collecting}, 3600s) == "");
    collecting.collecting = 2;
    BOOST_TEST(look({held, collecting}) == "");
    BOOST_TEST(look({held, collecting}, 60s) == "orders[1]@7 60 s");
}

BOOST_AUTO_TEST_CASE(with_a_limit_of_0_nothing_stands_still)
{
    fsm = stall_fsm{0s};
    BOOST_TEST(look({in_hooks(1, 7)}) == "");
    engine.outliving_hook_age = 3600s;
    BOOST_TEST(look({in_hooks(1, 7)}, 3600s) == "");
}

// For which all was given up, or whose partition the group has taken; whatever others do meanwhile.
BOOST_AUTO_TEST_CASE(a_hook_that_outlives_its_partition_counts_from_when_it_began)
{
    engine.outliving_hook_age = 59s;
    BOOST_TEST(look({in_hooks(2, 1)}) == "");
    engine.outliving_hook_age = 60s;
    BOOST_TEST(look({in_hooks(2, 2)}) == "gone 60 s");
    engine.outliving_hook_age = 3660s;
    BOOST_TEST(look({in_hooks(2, 2)}, 60s) == "orders[2]@2 60 s, gone 3660 s");
    BOOST_TEST(look({}) == "gone 3660 s");
    engine.outliving_hook_age.reset();
    BOOST_TEST(look({idle(1), idle(2)}, 60s) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::http::stall_fsm_test

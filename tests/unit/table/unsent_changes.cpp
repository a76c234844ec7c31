#include "table/unsent_changes.hpp"

#include "pipeline/partition_sends.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::tables::unsent_changes_test
{

BOOST_AUTO_TEST_SUITE(unsent_changes_suite)

BOOST_AUTO_TEST_CASE(holds_the_offset_of_each_change_until_it_is_acknowledged)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    changes.add(7, {ledger, 20});
    changes.add(8, {ledger, 21});
    BOOST_TEST(ledger->gate().lowest() == 20);
    auto const first = changes.take();
    BOOST_TEST(first.offset == 20);
    ledger->acknowledged(first.offset);
    BOOST_TEST(ledger->gate().lowest() == 21);
    ledger->acknowledged(changes.take().offset);
    BOOST_TEST(ledger->gate().settled());
    BOOST_TEST(changes.empty());
}

BOOST_AUTO_TEST_CASE(a_coalesced_change_holds_the_first_of_its_records)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    changes.add(1, {ledger, 5});
    changes.add(1, {ledger, 6});
    BOOST_TEST(changes.size() == 1U);
    BOOST_TEST(ledger->gate().lowest() == 5);
    BOOST_TEST(ledger->gate().outstanding() == 1U);
}

BOOST_AUTO_TEST_CASE(of_records_that_overlap_the_lowest_is_held)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    changes.add(1, {ledger, 6});
    changes.add(1, {ledger, 5});
    BOOST_TEST(ledger->gate().lowest() == 5);
    ledger->acknowledged(changes.take().offset);
    BOOST_TEST(ledger->gate().settled());
}

BOOST_AUTO_TEST_CASE(numbers_go_on_after_all_were_taken)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    changes.add(1, {ledger, 1});
    static_cast<void>(changes.take());
    changes.add(9, {ledger, 2});
    changes.add(10, {ledger, 3});
    BOOST_TEST(changes.take().offset == 2);
    changes.add(10, {ledger, 4});
    BOOST_TEST(changes.take().offset == 3);
}

BOOST_AUTO_TEST_CASE(knows_whose_the_changes_are)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto const other = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    BOOST_TEST(!changes.of_others(ledger));
    changes.add(1, {ledger, 1});
    BOOST_TEST(!changes.of_others(ledger));
    BOOST_TEST(changes.of_others(other));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables::unsent_changes_test

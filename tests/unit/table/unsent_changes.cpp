#include "table/unsent_changes.hpp"

#include "pipeline/partition_sends.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <string>
#include <vector>

namespace paperboy::tables::unsent_changes_test
{
namespace
{

// What is taken, as text: the first number, the causes, what is held.
[[nodiscard]] std::string take(unsent_changes& from, std::size_t most = std::numeric_limits<std::size_t>::max())
{
    auto text = std::string{};
    from.take(most,
              [&](std::uint64_t first, std::span<std::int64_t const> causes, std::int64_t held, auto const&)
              {
                  text += std::to_string(first) + ":";
                  for (auto const each : causes)
                      text += " " + std::to_string(each);
                  text += " (" + std::to_string(held) + ");";
              });
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(unsent_changes_suite)

BOOST_AUTO_TEST_CASE(the_lowest_offset_is_held_once)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    changes.add(7, ledger, 20);
    changes.add(8, ledger, 21);
    BOOST_TEST(ledger->gate().lowest() == 20);
    BOOST_TEST(ledger->gate().outstanding() == 1U);
    BOOST_TEST(take(changes) == "7: 20 21 (20);");
    BOOST_TEST(changes.empty());
    BOOST_TEST(ledger->gate().lowest() == 20);
    ledger->acknowledged(20);
    BOOST_TEST(ledger->gate().settled());
}

BOOST_AUTO_TEST_CASE(a_coalesced_change_is_made_for_the_first_of_its_records)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    changes.add(1, ledger, 5);
    changes.add(1, ledger, 6);
    BOOST_TEST(changes.size() == 1U);
    BOOST_TEST(take(changes) == "1: 5 (5);");
}

BOOST_AUTO_TEST_CASE(of_records_that_overlap_the_lowest_is_held)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    changes.add(1, ledger, 6);
    changes.add(2, ledger, 7);
    changes.add(1, ledger, 5);
    BOOST_TEST(ledger->gate().lowest() == 5);
    BOOST_TEST(ledger->gate().outstanding() == 1U);
    BOOST_TEST(take(changes) == "1: 5 7 (5);");
}

BOOST_AUTO_TEST_CASE(those_that_go_apart_are_held_apart)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    changes.add(1, ledger, 12);
    changes.add(2, ledger, 13);
    changes.add(3, ledger, 10);
    changes.add(4, ledger, 11);
    changes.add(5, ledger, 14);
    BOOST_TEST(take(changes, 2) == "1: 12 13 (12);3: 10 11 (10);5: 14 (14);");
    BOOST_TEST(ledger->gate().outstanding() == 3U);
    ledger->acknowledged(10);
    BOOST_TEST(ledger->gate().lowest() == 12);
    ledger->acknowledged(12);
    BOOST_TEST(ledger->gate().lowest() == 14);
}

BOOST_AUTO_TEST_CASE(numbers_go_on_after_all_were_taken)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    changes.add(1, ledger, 1);
    static_cast<void>(take(changes));
    changes.add(9, ledger, 2);
    changes.add(10, ledger, 3);
    BOOST_TEST(take(changes) == "9: 2 3 (2);");
}

BOOST_AUTO_TEST_CASE(what_is_forgotten_stays_held)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    changes.add(1, ledger, 3);
    changes.forget();
    BOOST_TEST(changes.empty());
    BOOST_TEST(ledger->gate().lowest() == 3);
}

BOOST_AUTO_TEST_CASE(knows_whose_the_changes_are)
{
    auto const ledger = std::make_shared<pipeline::partition_sends>();
    auto const other = std::make_shared<pipeline::partition_sends>();
    auto changes = unsent_changes{};
    BOOST_TEST(!changes.of_others(ledger));
    changes.add(1, ledger, 1);
    BOOST_TEST(!changes.of_others(ledger));
    BOOST_TEST(changes.of_others(other));
    BOOST_TEST(changes.of_others(nullptr));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables::unsent_changes_test

#include "table/expected_keys.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace paperboy::tables::expected_keys_test
{
namespace
{

constexpr auto none = entry_index::none;
constexpr auto keys = std::array<std::string_view, 5>{"a", "b", "c", "d", "e"};

// The entry of the key at `i` is number 10 + i.
[[nodiscard]] bool expect_all(expected_keys& expected)
{
    if (!expected.begin(keys.size()))
        return false;
    for (std::size_t i = 0; i < keys.size(); ++i)
        expected.add(keys[i], static_cast<entry_index::number>(10 + i));
    return true;
}

} // namespace

BOOST_AUTO_TEST_SUITE(expected_keys_suite)

BOOST_AUTO_TEST_CASE(keys_are_told_in_their_order_and_once)
{
    auto expected = expected_keys{};
    BOOST_TEST(expect_all(expected));
    BOOST_TEST(expected.take(keys[0]) == 10U);
    BOOST_TEST(expected.take(keys[0]) == none);
    BOOST_TEST(expected.take(keys[3]) == 13U);
    BOOST_TEST(expected.take(keys[2]) == none);
    BOOST_TEST(expected.take(keys[4]) == 14U);
}

BOOST_AUTO_TEST_CASE(few_keys_are_not_worth_it)
{
    auto expected = expected_keys{};
    BOOST_TEST(!expected.begin(3));
    BOOST_TEST(expected.begin(4));
}

BOOST_AUTO_TEST_CASE(nothing_is_expected_behind_the_end)
{
    auto expected = expected_keys{};
    BOOST_TEST(expect_all(expected));
    BOOST_TEST(expected.take(keys[0]) == 10U);
    expected.clear();
    BOOST_TEST(expected.take(keys[1]) == none);
}

BOOST_AUTO_TEST_CASE(guesses_that_come_to_nothing_are_given_up_for_a_while)
{
    auto expected = expected_keys{};
    BOOST_TEST(expect_all(expected));
    auto batches = 0;
    while (!expect_all(expected))
        ++batches;
    BOOST_TEST(batches == 64);
    BOOST_TEST(expected.take(keys[0]) == 10U);
    BOOST_TEST(expected.take(keys[1]) == 11U);
    BOOST_TEST(expect_all(expected));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables::expected_keys_test

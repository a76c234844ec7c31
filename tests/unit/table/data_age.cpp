#include "table/data_age.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::tables::data_age_test
{

namespace
{

using namespace std::chrono_literals;

data_age::time_point at(std::chrono::seconds since)
{
    return data_age::time_point{since};
}

[[nodiscard]] bool is(data_age const& age, std::chrono::seconds since)
{
    return age.as_of() == at(since);
}

} // namespace

BOOST_AUTO_TEST_SUITE(data_age_suite)

BOOST_AUTO_TEST_CASE(a_restore_that_is_cut_off_leaves_the_age_that_it_began_with)
{
    auto age = data_age{};
    age.read_on(at(10s), at(100s));
    BOOST_TEST(is(age, 10s));
    age.complete();
    BOOST_TEST(is(age, 100s));
}

BOOST_AUTO_TEST_CASE(an_unknown_age_stays_unknown_until_all_is_read)
{
    auto age = data_age{};
    age.read_on(std::nullopt, at(100s));
    BOOST_TEST(!age.as_of());
    age.complete();
    BOOST_TEST(is(age, 100s));
}

BOOST_AUTO_TEST_CASE(what_is_read_from_the_beginning_is_as_old_as_that)
{
    auto age = data_age{};
    age.read_on(at(10s), at(20s));
    age.read_all(at(30s));
    BOOST_TEST(is(age, 30s));
    age.complete();
    BOOST_TEST(is(age, 30s));
}

BOOST_AUTO_TEST_CASE(with_nothing_on_its_way_the_data_is_new)
{
    auto age = data_age{};
    age.read_all(at(0s));
    age.complete();
    age.acknowledged(6, 6, at(50s));
    BOOST_TEST(is(age, 50s));
}

// The changes 3 and 4 may be in the changelog since 50 s, and are not in the store.
BOOST_AUTO_TEST_CASE(changes_that_are_not_acknowledged_keep_the_age_of_the_look_before_them)
{
    auto age = data_age{};
    age.read_all(at(0s));
    age.complete();
    age.acknowledged(3, 5, at(50s));
    BOOST_TEST(is(age, 0s));
    age.acknowledged(4, 9, at(60s));
    BOOST_TEST(is(age, 0s));
    age.acknowledged(5, 10, at(70s));
    BOOST_TEST(is(age, 50s));
    age.acknowledged(9, 11, at(80s));
    BOOST_TEST(is(age, 50s));
    age.acknowledged(10, 20, at(90s));
    BOOST_TEST(is(age, 70s));
}

BOOST_AUTO_TEST_CASE(a_tail_is_as_new_as_its_end)
{
    auto age = data_age{};
    age.read_on(at(10s), at(100s));
    age.complete();
    age.caught_up(at(200s));
    BOOST_TEST(is(age, 200s));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables::data_age_test

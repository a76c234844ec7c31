#include "serde/bounded_cache.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace paperboy::serde::bounded_cache_test
{
namespace
{

using namespace std::chrono_literals;
using cache = bounded_cache<int, std::string>;

constexpr auto start = std::chrono::steady_clock::time_point{} + 1h;

std::string at(cache const& in, int key, cache::time_point now = start)
{
    auto const* found = in.find(key, now);
    return found == nullptr ? "none" : *found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(bounded_cache_suite)

BOOST_AUTO_TEST_CASE(what_does_not_expire_stays)
{
    auto values = cache{2};
    BOOST_TEST(at(values, 1) == "none");
    values.put(1, "one");
    BOOST_TEST(at(values, 1) == "one");
    BOOST_TEST(at(values, 1, start + 100'000h) == "one");
}

BOOST_AUTO_TEST_CASE(what_expires_is_gone_at_its_time)
{
    auto values = cache{2};
    values.put(1, "one", start + 10s);
    BOOST_TEST(at(values, 1, start + 9999ms) == "one");
    BOOST_TEST(at(values, 1, start + 10s) == "none");
    values.put(1, "again", start + 20s);
    BOOST_TEST(at(values, 1, start + 10s) == "again");
    BOOST_TEST(values.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_oldest_makes_room)
{
    auto values = cache{2};
    values.put(1, "one");
    values.put(2, "two");
    values.put(1, "uno");
    values.put(3, "three");
    BOOST_TEST(at(values, 1) == "none");
    BOOST_TEST(at(values, 2) == "two");
    BOOST_TEST(at(values, 3) == "three");
    BOOST_TEST(values.size() == 2U);
}

BOOST_AUTO_TEST_CASE(after_clear_there_is_room_again)
{
    auto values = cache{2};
    values.put(1, "one");
    values.put(2, "two");
    values.clear();
    BOOST_TEST(values.size() == 0U);
    for (auto const key : {1, 3})
        values.put(key, "new");
    BOOST_TEST(at(values, 1) == "new");
    BOOST_TEST(at(values, 3) == "new");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::serde::bounded_cache_test

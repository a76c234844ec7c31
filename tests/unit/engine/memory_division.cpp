#include "engine/memory_division.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

namespace paperboy::engine_detail::memory_division_test
{
namespace
{

constexpr std::size_t mb = std::size_t{1} << 20U;

std::size_t all_of(memory_division const& of, std::size_t stores)
{
    return std::accumulate(of.caches.begin(), of.caches.end(), of.fetched + of.changelogs + stores);
}

} // namespace

BOOST_AUTO_TEST_SUITE(memory_division_suite)

BOOST_AUTO_TEST_CASE(without_tables_all_of_it_is_for_what_is_fetched)
{
    BOOST_TEST(divide_memory(256 * mb, {}).fetched == 256 * mb);
    BOOST_TEST(divide_memory(256 * mb, {}).changelogs == 0U);
}

BOOST_AUTO_TEST_CASE(whatever_is_asked_for_the_parts_make_no_more_than_the_limit)
{
    for (auto const limit : {16 * mb, 64 * mb, 256 * mb, 4096 * mb})
        for (auto const stores : {0 * mb, 2 * mb, 80 * mb, 2000 * mb})
            for (auto const cache : {0 * mb, 1 * mb, 64 * mb, 5000 * mb})
            {
                if (!fits(limit, stores))
                    continue;
                auto const parts = divide_memory(limit, {stores, {cache, 2 * cache, 0}, true});
                BOOST_TEST(all_of(parts, stores) <= limit,
                           limit << " for stores of " << stores << ", caches of " << cache);
                BOOST_TEST(parts.fetched >= limit / 16 * 3);
                BOOST_TEST(parts.caches.size() == 3U);
                BOOST_TEST(parts.caches[2] == 0U);
            }
}

BOOST_AUTO_TEST_CASE(a_cache_gets_what_it_asks_for_while_a_quarter_is_enough_and_its_part_of_that_after)
{
    auto const enough = divide_memory(256 * mb, {80 * mb, {40 * mb, 24 * mb}, true});
    BOOST_TEST(enough.caches[0] == 40 * mb);
    BOOST_TEST(enough.caches[1] == 24 * mb);
    auto const scarce = divide_memory(256 * mb, {80 * mb, {300 * mb, 100 * mb}, true});
    BOOST_TEST(scarce.caches[0] == 48 * mb);
    BOOST_TEST(scarce.caches[1] == 16 * mb);
}

BOOST_AUTO_TEST_CASE(caches_without_a_bound_share_the_quarter)
{
    constexpr auto half_of_all = std::size_t{1} << 63U;
    auto const parts = divide_memory(256 * mb, {0, {half_of_all, half_of_all, 0}, false});
    BOOST_TEST(parts.caches[0] == 32 * mb);
    BOOST_TEST(parts.caches[1] == 32 * mb);
    BOOST_TEST(parts.fetched == 192 * mb);
}

BOOST_AUTO_TEST_CASE(stores_that_take_more_than_half_do_not_fit)
{
    BOOST_TEST(fits(160 * mb, 80 * mb));
    BOOST_TEST(!fits(159 * mb, 80 * mb));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::engine_detail::memory_division_test

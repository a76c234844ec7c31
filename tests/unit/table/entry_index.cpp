#include "table/entry_index.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <map>
#include <random>

namespace paperboy::tables::entry_index_test
{

BOOST_AUTO_TEST_SUITE(entry_index_suite)

// Few hashes, many of them beside each other and at the end of the array, so that searches are long and go round.
BOOST_AUTO_TEST_CASE(holds_what_a_map_holds)
{
    constexpr auto hashes = std::uint32_t{60};
    auto random = std::mt19937{7};
    auto index = entry_index{};
    auto model = std::map<entry_index::number, std::uint32_t>{};
    auto const is_there = [&](entry_index::number number, std::uint32_t hash)
    { return index.find(hash, [&](auto each) { return each == number; }) == number; };
    for (auto step = 0; step < 20'000; ++step)
    {
        auto const number = static_cast<entry_index::number>(random() % 100);
        auto const found = model.find(number);
        if (found == model.end())
        {
            auto const hash = static_cast<std::uint32_t>(0xfffffff0U + random() % hashes);
            index.insert(hash, number);
            model.emplace(number, hash);
        }
        else
        {
            index.erase(found->second, number);
            BOOST_REQUIRE(!is_there(number, found->second));
            model.erase(found);
        }
        BOOST_REQUIRE(index.size() == model.size());
        for (auto const& [each, hash] : model)
            BOOST_REQUIRE(is_there(each, hash));
    }
}

BOOST_AUTO_TEST_CASE(another_hash_finds_nothing)
{
    auto index = entry_index{};
    index.insert(5, 1);
    BOOST_TEST(index.find(6, [](auto) { return true; }) == entry_index::none);
    BOOST_TEST(index.find(5, [](auto) { return false; }) == entry_index::none);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables::entry_index_test

#include "pipeline/key_schedule_fsm.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace paperboy::pipeline::key_schedule_test
{

BOOST_AUTO_TEST_SUITE(key_schedule_suite)

BOOST_AUTO_TEST_CASE(records_of_one_key_begin_one_after_the_other)
{
    auto schedule = key_schedule{8};
    auto const first = schedule.admit(7);
    auto const second = schedule.admit(7);
    auto const third = schedule.admit(7);

    BOOST_TEST((schedule.begin() == first));
    BOOST_TEST((schedule.begin() == std::nullopt));
    schedule.finish(first);
    BOOST_TEST((schedule.begin() == second));
    BOOST_TEST((schedule.begin() == std::nullopt));
    schedule.finish(second);
    BOOST_TEST((schedule.begin() == third));
    schedule.finish(third);
    BOOST_TEST(schedule.unfinished() == 0U);
}

BOOST_AUTO_TEST_CASE(a_key_whose_records_have_all_ended_is_forgotten)
{
    auto schedule = key_schedule{2};
    for (auto i = 0; i < 3; ++i)
    {
        auto const only = schedule.admit(7);
        BOOST_TEST((schedule.begin() == only));
        schedule.finish(only);
    }
    BOOST_TEST(!schedule.ready());
}

BOOST_AUTO_TEST_CASE(other_keys_and_records_without_one_do_not_wait)
{
    auto schedule = key_schedule{8};
    auto const stuck = schedule.admit(1);
    auto const behind = schedule.admit(1);
    auto const other = schedule.admit(2);
    auto const keyless = schedule.admit();

    BOOST_TEST((schedule.begin() == stuck));
    BOOST_TEST((schedule.begin() == other));
    BOOST_TEST((schedule.begin() == keyless));
    BOOST_TEST(!schedule.ready());
    schedule.finish(other);
    schedule.finish(keyless);
    BOOST_TEST(!schedule.ready());
    schedule.finish(stuck);
    BOOST_TEST((schedule.begin() == behind));
}

// Against a model: whatever ends in whatever order, each key's records begin in order, one at a time, and none is
// forgotten.
BOOST_AUTO_TEST_CASE(random_keys_and_random_ends)
{
    for (auto seed = 0U; seed < 200; ++seed)
    {
        auto random = std::minstd_rand{seed + 1};
        auto const keys = 1 + random() % 12;
        auto schedule = key_schedule{16};
        struct record
        {
            std::size_t key;
            int number;
        };
        auto waiting = std::map<key_schedule::slot, record>{};
        auto running = std::map<key_schedule::slot, record>{};
        auto admitted = 0;
        auto ended = 0;
        while (ended < 300)
        {
            if (admitted < 300 && schedule.unfinished() < schedule.capacity() && random() % 2 == 0)
            {
                auto const key = random() % keys;
                auto const where = schedule.admit(key);
                BOOST_REQUIRE(!waiting.contains(where));
                BOOST_REQUIRE(!running.contains(where));
                waiting[where] = {key, admitted++};
            }
            else if (random() % 2 == 0 && schedule.ready())
            {
                auto const begun = schedule.begin();
                auto const chosen = waiting.extract(*begun);
                BOOST_REQUIRE(!chosen.empty());
                auto const [key, number] = chosen.mapped();
                BOOST_REQUIRE(std::ranges::none_of(running, [&](auto const& each) { return each.second.key == key; }));
                BOOST_REQUIRE(std::ranges::none_of(waiting, [&](auto const& each)
                                                   { return each.second.key == key && each.second.number < number; }));
                running[*begun] = {key, number};
            }
            else if (!running.empty())
            {
                auto const which = std::next(running.begin(), static_cast<long>(random() % running.size()));
                schedule.finish(which->first);
                running.erase(which);
                ++ended;
            }
        }
        BOOST_TEST(schedule.unfinished() == 0U);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::key_schedule_test

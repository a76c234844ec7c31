#include "kafka/letter_topics_fsm.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <vector>

namespace paperboy::kafka::letter_topics_test
{
namespace
{

using namespace std::chrono_literals;

struct clock_fixture
{
    letter_topics topics;
    letter_topics::time_point now{1h};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(letter_topics_suite, clock_fixture)

BOOST_AUTO_TEST_CASE(asks_for_a_topic_when_a_letter_waits_and_no_more_when_it_is_known)
{
    BOOST_TEST(!topics.to_ask(now).has_value());
    BOOST_TEST(!topics.next().has_value());
    topics.wanted(3, now);
    BOOST_TEST(topics.to_ask(now).value() == 3U);
    BOOST_TEST(topics.partitions(3) == 0);
    BOOST_CHECK(topics.answered(3, 6, now) == letter_news::none);
    BOOST_TEST(topics.partitions(3) == 6);
    BOOST_TEST(!topics.to_ask(now + 1h).has_value());
    BOOST_TEST(!topics.next().has_value());
}

BOOST_AUTO_TEST_CASE(asks_again_after_growing_pauses)
{
    topics.wanted(0, now);
    auto pauses = std::vector<std::chrono::milliseconds>{};
    for (auto i = 0; i < 8; ++i)
    {
        i % 2 == 0 ? static_cast<void>(topics.answered(0, 0, now)) : topics.unanswered(0, now);
        topics.wanted(0, now);
        pauses.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(*topics.next() - now));
        BOOST_TEST(!topics.to_ask(now).has_value());
        now = *topics.next();
        BOOST_TEST(topics.to_ask(now).has_value());
    }
    auto const expected =
        std::vector<std::chrono::milliseconds>{100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms};
    BOOST_TEST((pauses == expected));
}

BOOST_AUTO_TEST_CASE(a_topic_is_missing_from_when_it_is_told_until_it_is_there)
{
    BOOST_TEST(!topics.missing(0));
    topics.wanted(0, now);
    static_cast<void>(topics.answered(0, 0, now));
    topics.unanswered(0, now + 1h);
    BOOST_TEST(!topics.missing(0));
    static_cast<void>(topics.answered(0, 0, now + 1h));
    BOOST_TEST(topics.missing(0));
    static_cast<void>(topics.answered(0, 4, now + 2h));
    BOOST_TEST(!topics.missing(0));
}

// A cluster that creates topics on demand says at first that it has none.
BOOST_AUTO_TEST_CASE(tells_of_a_missing_topic_once_it_lasts_and_then_twice_a_minute)
{
    topics.wanted(0, now);
    BOOST_CHECK(topics.answered(0, 0, now) == letter_news::none);
    BOOST_CHECK(topics.answered(0, 0, now + 1s) == letter_news::missing);
    BOOST_CHECK(topics.answered(0, 0, now + 30s) == letter_news::none);
    BOOST_CHECK(topics.answered(0, 0, now + 31s) == letter_news::missing);
    BOOST_CHECK(topics.answered(0, 1, now + 32s) == letter_news::there);
    topics.lost(0, now + 60s);
    BOOST_TEST(topics.partitions(0) == 0);
    BOOST_CHECK(topics.next() == now + 61s);
    BOOST_CHECK(topics.answered(0, 1, now + 61s) == letter_news::none);
}

BOOST_AUTO_TEST_CASE(topics_do_not_wait_for_each_other)
{
    topics.wanted(0, now);
    topics.answered(0, 0, now);
    topics.wanted(1, now);
    BOOST_TEST(topics.to_ask(now).value() == 1U);
    topics.given_up(1);
    BOOST_TEST(!topics.to_ask(now).has_value());
    BOOST_TEST(topics.to_ask(now + 100ms).value() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::kafka::letter_topics_test

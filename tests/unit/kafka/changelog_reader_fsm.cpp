#include "kafka/changelog_reader_fsm.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

namespace paperboy::kafka::changelog_reader_fsm_test
{
namespace
{

using namespace std::chrono_literals;
using action = reading_action;

changelog_range range(std::int64_t begin, std::int64_t end)
{
    return {changelog_news::known, begin, end, {}};
}

changelog_range without(changelog_news news)
{
    return {news, 0, 0, {}};
}

struct clock_fixture
{
    changelog_fsm::time_point now{1h};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(changelog_reader_suite, clock_fixture)

BOOST_AUTO_TEST_CASE(reads_from_the_oldest_offset_to_the_end)
{
    auto fsm = changelog_fsm{std::nullopt, 0, now};
    BOOST_CHECK(fsm.ask_at() == now);
    BOOST_CHECK(fsm.answered(range(3, 10), now) == action::start);
    BOOST_TEST(fsm.position() == 3);
    BOOST_TEST(fsm.from() == 3);
    BOOST_CHECK(fsm.moved(9, 10) == action::none);
    BOOST_CHECK(fsm.moved(10, 10) == action::done);
    BOOST_TEST(fsm.complete());
}

BOOST_AUTO_TEST_CASE(goes_on_from_a_checkpoint)
{
    auto fsm = changelog_fsm{7, 0, now};
    BOOST_CHECK(fsm.answered(range(3, 10), now) == action::start);
    BOOST_TEST(fsm.position() == 7);
    BOOST_CHECK(fsm.moved(10, 10) == action::done);
}

// Nothing is in it, or nothing that is new: the end of the partition says so.
BOOST_AUTO_TEST_CASE(is_done_at_the_end_it_begins_at)
{
    for (auto const end : {0, 5})
    {
        auto fsm = changelog_fsm{end, 0, now};
        BOOST_CHECK(fsm.answered(range(0, end), now) == action::start);
        BOOST_CHECK(fsm.moved(end, end) == action::done);
    }
}

BOOST_AUTO_TEST_CASE(is_done_once_however_far_it_goes_on)
{
    auto fsm = changelog_fsm{std::nullopt, 0, now};
    BOOST_CHECK(fsm.answered(range(0, 4), now) == action::start);
    BOOST_CHECK(fsm.moved(6, 8) == action::none);
    BOOST_CHECK(fsm.moved(8, 12) == action::done);
    BOOST_CHECK(fsm.moved(20, 20) == action::none);
    BOOST_TEST(fsm.position() == 20);
}

// The last offsets belong to markers, or were compacted away: only the partition's end passes them.
BOOST_AUTO_TEST_CASE(passes_what_is_no_record_by_the_partitions_end)
{
    auto fsm = changelog_fsm{std::nullopt, 0, now};
    BOOST_CHECK(fsm.answered(range(0, 100), now) == action::start);
    BOOST_CHECK(fsm.moved(91, 100) == action::none);
    BOOST_CHECK(fsm.moved(100, 100) == action::done);
}

// Somebody's open transaction hides acknowledged changes behind it: they are waited for.
BOOST_AUTO_TEST_CASE(waits_for_what_an_open_transaction_hides)
{
    auto fsm = changelog_fsm{std::nullopt, 0, now};
    BOOST_CHECK(fsm.answered(range(0, 50), now) == action::start);
    BOOST_CHECK(fsm.moved(50, 60) == action::none);
    BOOST_TEST(fsm.end() == 60);
    BOOST_CHECK(fsm.moved(60, 90) == action::done);
}

BOOST_AUTO_TEST_CASE(tells_a_checkpoint_behind_the_end_from_one_before_the_beginning)
{
    auto beyond = changelog_fsm{101, 0, now};
    BOOST_CHECK(beyond.answered(range(0, 100), now) == action::fail);
    BOOST_CHECK(beyond.trouble() == changelog_trouble::beyond_end);
    auto below = changelog_fsm{9, 0, now};
    BOOST_CHECK(below.answered(range(10, 100), now) == action::fail);
    BOOST_CHECK(below.trouble() == changelog_trouble::below_begin);
    auto at_begin = changelog_fsm{10, 0, now};
    BOOST_CHECK(at_begin.answered(range(10, 100), now) == action::start);
    auto at_end = changelog_fsm{100, 0, now};
    BOOST_CHECK(at_end.answered(range(10, 100), now) == action::start);
}

// What is between the position and the new beginning is lost, and with it the erasures that were there.
BOOST_AUTO_TEST_CASE(fails_when_records_are_deleted_in_front_of_it)
{
    auto fsm = changelog_fsm{std::nullopt, 0, now};
    BOOST_CHECK(fsm.answered(range(0, 100), now) == action::start);
    BOOST_CHECK(fsm.moved(40, 100) == action::none);
    BOOST_CHECK(fsm.troubled(changelog_error::uncertain, now) == action::ask);
    BOOST_CHECK(fsm.answered(range(60, 100), now) == action::fail);
    BOOST_CHECK(fsm.trouble() == changelog_trouble::below_begin);
}

BOOST_AUTO_TEST_CASE(fails_when_the_topic_was_made_anew)
{
    auto fsm = changelog_fsm{std::nullopt, 0, now};
    BOOST_CHECK(fsm.answered(range(0, 100), now) == action::start);
    BOOST_CHECK(fsm.moved(40, 100) == action::none);
    BOOST_CHECK(fsm.troubled(changelog_error::uncertain, now) == action::ask);
    BOOST_CHECK(fsm.answered(range(0, 3), now) == action::fail);
    BOOST_CHECK(fsm.trouble() == changelog_trouble::beyond_end);
    BOOST_TEST(fsm.end() == 3);
}

// A new leader may refuse an offset for a moment.
BOOST_AUTO_TEST_CASE(goes_on_at_its_position_when_the_offset_is_there_after_all)
{
    auto fsm = changelog_fsm{std::nullopt, 0, now};
    BOOST_CHECK(fsm.answered(range(0, 100), now) == action::start);
    BOOST_CHECK(fsm.moved(40, 100) == action::none);
    BOOST_CHECK(fsm.troubled(changelog_error::uncertain, now) == action::ask);
    BOOST_CHECK(fsm.answered(range(0, 120), now) == action::start);
    BOOST_TEST(fsm.position() == 40);
    BOOST_TEST(fsm.end() == 100);
    BOOST_CHECK(fsm.moved(100, 120) == action::done);
}

BOOST_AUTO_TEST_CASE(asks_with_a_pause_in_between)
{
    auto fsm = changelog_fsm{std::nullopt, 0, now};
    BOOST_CHECK(fsm.answered(without(changelog_news::unanswered), now) == action::ask);
    BOOST_CHECK(fsm.ask_at() == now + changelog_fsm::pause);
    BOOST_CHECK(fsm.answered(range(0, 10), now) == action::start);
    BOOST_CHECK(fsm.troubled(changelog_error::uncertain, now) == action::ask);
    BOOST_CHECK(fsm.ask_at() == now + changelog_fsm::pause);
    now += 1h;
    BOOST_CHECK(fsm.answered(range(0, 10), now - 1h) == action::start);
    BOOST_CHECK(fsm.troubled(changelog_error::uncertain, now) == action::ask);
    BOOST_CHECK(fsm.ask_at() == now);
}

BOOST_AUTO_TEST_CASE(waits_for_brokers_for_ever)
{
    auto fsm = changelog_fsm{std::nullopt, 0, now};
    for (auto i = 0; i < 1000; ++i)
        BOOST_CHECK(fsm.answered(without(changelog_news::unanswered), now += 10s) == action::ask);
}

BOOST_AUTO_TEST_CASE(takes_a_topic_for_gone_when_all_answers_of_a_while_say_so)
{
    for (auto const& [news, trouble] : {std::pair{changelog_news::no_topic, changelog_trouble::topic_gone},
                                        std::pair{changelog_news::no_partition, changelog_trouble::partition_unknown}})
    {
        auto fsm = changelog_fsm{std::nullopt, 0, now};
        BOOST_CHECK(fsm.answered(without(news), now) == action::ask);
        now += changelog_fsm::grace - 1ms;
        BOOST_CHECK(fsm.answered(without(changelog_news::unanswered), now) == action::ask);
        BOOST_CHECK(fsm.answered(without(news), now) == action::ask);
        now += 1ms;
        BOOST_CHECK(fsm.answered(without(news), now) == action::fail);
        BOOST_CHECK(fsm.trouble() == trouble);
    }
}

BOOST_AUTO_TEST_CASE(forgets_that_a_topic_was_missing_when_it_appears)
{
    auto fsm = changelog_fsm{std::nullopt, 0, now};
    BOOST_CHECK(fsm.answered(without(changelog_news::no_topic), now) == action::ask);
    now += changelog_fsm::grace;
    BOOST_CHECK(fsm.answered(range(0, 1), now) == action::start);
    BOOST_CHECK(fsm.troubled(changelog_error::uncertain, now) == action::ask);
    BOOST_CHECK(fsm.answered(without(changelog_news::no_topic), now) == action::ask);
}

BOOST_AUTO_TEST_CASE(gives_up_what_no_answer_can_change)
{
    auto refused = changelog_fsm{std::nullopt, 0, now};
    BOOST_CHECK(refused.answered(without(changelog_news::refused), now) == action::fail);
    BOOST_CHECK(refused.trouble() == changelog_trouble::refused);
    auto fsm = changelog_fsm{std::nullopt, 0, now};
    BOOST_CHECK(fsm.answered(range(0, 10), now) == action::start);
    BOOST_CHECK(fsm.troubled(changelog_error::transient, now) == action::none);
    BOOST_CHECK(fsm.troubled(changelog_error::unreadable, now) == action::fail);
    BOOST_CHECK(fsm.trouble() == changelog_trouble::unreadable);
}

// What a checkpoint has already is looked at, as far as there is anything.
BOOST_AUTO_TEST_CASE(begins_in_front_of_a_checkpoint_when_told_so)
{
    auto fsm = changelog_fsm{7, 5, now};
    BOOST_CHECK(fsm.answered(range(0, 10), now) == action::start);
    BOOST_TEST(fsm.position() == 2);
    BOOST_TEST(fsm.from() == 7);
    BOOST_TEST(fsm.next() == 7);
    BOOST_CHECK(fsm.moved(8, 10) == action::none);
    BOOST_TEST(fsm.next() == 8);
    BOOST_CHECK(fsm.moved(10, 10) == action::done);

    auto short_one = changelog_fsm{7, 5, now};
    BOOST_CHECK(short_one.answered(range(4, 7), now) == action::start);
    BOOST_TEST(short_one.position() == 4);
    BOOST_CHECK(short_one.moved(5, 7) == action::none);
    BOOST_CHECK(short_one.troubled(changelog_error::uncertain, now) == action::ask);
    BOOST_CHECK(short_one.answered(range(6, 7), now) == action::start);
    BOOST_TEST(short_one.position() == 6);
    BOOST_CHECK(short_one.moved(7, 7) == action::done);
}

BOOST_AUTO_TEST_CASE(what_is_only_looked_back_at_need_not_be_readable)
{
    auto fsm = changelog_fsm{7, 5, now};
    BOOST_CHECK(fsm.answered(range(0, 10), now) == action::start);
    BOOST_CHECK(fsm.moved(4, 10) == action::none);
    BOOST_TEST(fsm.looks_back());
    BOOST_CHECK(fsm.troubled(changelog_error::unreadable, now) == action::ask);
    BOOST_TEST(!fsm.looks_back());
    BOOST_CHECK(fsm.answered(range(0, 10), now) == action::start);
    BOOST_TEST(fsm.position() == 7);
    BOOST_CHECK(fsm.troubled(changelog_error::unreadable, now) == action::fail);
    BOOST_CHECK(fsm.trouble() == changelog_trouble::unreadable);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_is_not_within_the_partition_is_refused_however_far_it_looks_back)
{
    auto behind = changelog_fsm{11, 5, now};
    BOOST_CHECK(behind.answered(range(0, 10), now) == action::fail);
    BOOST_CHECK(behind.trouble() == changelog_trouble::beyond_end);
    auto in_front = changelog_fsm{3, 5, now};
    BOOST_CHECK(in_front.answered(range(4, 10), now) == action::fail);
    BOOST_CHECK(in_front.trouble() == changelog_trouble::below_begin);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::kafka::changelog_reader_fsm_test

#include "pipeline/offset_tracker.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace paperboy::pipeline::offset_tracker_test
{
namespace
{

// The same contract, written as simply as it can be.
class naive_tracker
{
public:
    void admit(std::int64_t offset, offset_tracker::ticket ticket) { records_.push_back({offset, ticket, false}); }

    // The ticket of some unfinished record, chosen by `choice`; its record is finished from here on.
    offset_tracker::ticket finish(std::size_t choice)
    {
        auto unfinished = std::vector<record*>{};
        for (auto& each : records_)
            if (!each.finished)
                unfinished.push_back(&each);
        auto& chosen = *unfinished[choice % unfinished.size()];
        auto const before = prefix();
        chosen.finished = true;
        // Where the first unfinished one is, or behind the last.
        if (auto const length = prefix(); length > before)
            position_ = length < records_.size() ? records_[length].offset : records_.back().offset + 1;
        return chosen.ticket;
    }

    [[nodiscard]] std::size_t prefix() const
    {
        std::size_t length = 0;
        while (length < records_.size() && records_[length].finished)
            ++length;
        return length;
    }

    [[nodiscard]] std::int64_t position() const { return position_; }

    [[nodiscard]] std::size_t held() const { return records_.size() - prefix(); }

    [[nodiscard]] std::size_t unfinished() const
    {
        return static_cast<std::size_t>(std::ranges::count(records_, false, &record::finished));
    }

private:
    struct record
    {
        std::int64_t offset;
        offset_tracker::ticket ticket;
        bool finished;
    };
    std::vector<record> records_;
    std::int64_t position_ = offset_tracker::nothing_finished;
};

// Admits and finishes at random, with at most `window` records unfinished.
void compare_with_model(std::uint32_t seed, std::size_t window, std::size_t records)
{
    auto random = std::mt19937{seed};
    auto tracker = offset_tracker{};
    auto model = naive_tracker{};
    auto next_offset = static_cast<std::int64_t>(random() % 1000);
    auto highest = offset_tracker::nothing_finished;
    std::size_t admitted = 0;
    auto wrong = std::size_t{0};
    while (admitted < records || model.unfinished() > 0)
    {
        auto const may_admit = admitted < records && model.unfinished() < window;
        if (may_admit && (model.unfinished() == 0 || random() % 2 == 0))
        {
            model.admit(next_offset, tracker.admit(next_offset));
            next_offset += random() % 4 == 0 ? 1 + static_cast<std::int64_t>(random() % 50) : 1;
            ++admitted;
        }
        else
        {
            tracker.finish(model.finish(random()));
        }
        wrong += tracker.position() != model.position() ? 1 : 0;
        wrong += tracker.held() != model.held() ? 1 : 0;
        wrong += tracker.position() < highest ? 1 : 0;
        highest = tracker.position();
    }
    BOOST_TEST(wrong == 0U);
    BOOST_TEST(tracker.held() == 0U);
}

} // namespace

BOOST_AUTO_TEST_SUITE(offset_tracker_suite)

BOOST_AUTO_TEST_CASE(a_new_tracker_has_nothing_finished)
{
    auto const tracker = offset_tracker{};
    BOOST_TEST(tracker.position() == offset_tracker::nothing_finished);
    BOOST_TEST(tracker.held() == 0U);
}

BOOST_AUTO_TEST_CASE(offset_zero_counts)
{
    auto tracker = offset_tracker{};
    auto const first = tracker.admit(0);
    BOOST_TEST(tracker.position() == offset_tracker::nothing_finished);
    tracker.finish(first);
    BOOST_TEST(tracker.position() == 1);
}

BOOST_AUTO_TEST_CASE(an_unfinished_record_holds_back_all_behind_it)
{
    auto tracker = offset_tracker{};
    auto const first = tracker.admit(10);
    auto const second = tracker.admit(11);
    auto const third = tracker.admit(12);
    tracker.finish(third);
    tracker.finish(second);
    BOOST_TEST(tracker.position() == offset_tracker::nothing_finished);
    BOOST_TEST(tracker.held() == 3U);
    tracker.finish(first);
    BOOST_TEST(tracker.position() == 13);
    BOOST_TEST(tracker.held() == 0U);
}

BOOST_AUTO_TEST_CASE(over_a_gap_the_position_is_that_of_the_first_unfinished_record)
{
    auto tracker = offset_tracker{};
    auto const first = tracker.admit(100);
    auto const second = tracker.admit(250);
    tracker.finish(first);
    BOOST_TEST(tracker.position() == 250);
    tracker.finish(second);
    BOOST_TEST(tracker.position() == 251);
}

BOOST_AUTO_TEST_CASE(a_gap_in_front_of_what_is_admitted_is_passed_when_that_is_asked_for)
{
    auto tracker = offset_tracker{};
    tracker.pass_gap_in_front();
    BOOST_TEST(tracker.position() == offset_tracker::nothing_finished);
    tracker.finish(tracker.admit(100));
    auto const second = tracker.admit(250);
    BOOST_TEST(tracker.position() == 101);
    tracker.pass_gap_in_front();
    BOOST_TEST(tracker.position() == 250);
    tracker.finish(second);
    BOOST_TEST(tracker.position() == 251);
}

BOOST_AUTO_TEST_CASE(more_records_than_the_first_ring_holds)
{
    auto tracker = offset_tracker{};
    auto tickets = std::vector<offset_tracker::ticket>{};
    // Moves the ring's head first, so that growing has to unroll it.
    for (std::int64_t offset = 0; offset < 40; ++offset)
        tracker.finish(tracker.admit(offset));
    for (std::int64_t offset = 40; offset < 540; ++offset)
        tickets.push_back(tracker.admit(offset));
    BOOST_TEST(tracker.held() == 500U);
    for (auto ticket = tickets.rbegin(); ticket != tickets.rend(); ++ticket)
    {
        BOOST_TEST(tracker.position() == 40);
        tracker.finish(*ticket);
    }
    BOOST_TEST(tracker.position() == 540);
}

BOOST_AUTO_TEST_CASE(any_order_agrees_with_the_naive_model)
{
    for (std::uint32_t seed = 0; seed < 40; ++seed)
        for (auto const window : {1U, 2U, 7U, 64U, 65U, 300U})
            BOOST_TEST_CONTEXT("seed " << seed << ", window " << window)
    compare_with_model(seed, window, 400);
}

BOOST_AUTO_TEST_CASE(records_handled_in_order_need_a_store_only)
{
    auto tracker = offset_tracker{};
    tracker.in_order().store(42);
    BOOST_TEST(tracker.position() == 42);
    BOOST_TEST(tracker.held() == 0U);
    tracker.finish(tracker.admit(42));
    BOOST_TEST(tracker.position() == 43);
}

BOOST_AUTO_TEST_CASE(another_thread_sees_the_position_only_rise)
{
    constexpr std::int64_t records = 20'000;
    auto tracker = offset_tracker{};
    auto fell = std::atomic<int>{0};
    auto reader = std::thread{[&]
                              {
                                  auto last = offset_tracker::nothing_finished;
                                  while (last < records)
                                  {
                                      auto const now = tracker.position();
                                      if (now < last)
                                          ++fell;
                                      last = now;
                                  }
                              }};
    for (std::int64_t offset = 0; offset < records; offset += 2)
    {
        auto const first = tracker.admit(offset);
        tracker.finish(tracker.admit(offset + 1));
        tracker.finish(first);
    }
    reader.join();
    BOOST_TEST(fell.load() == 0);
}

BOOST_AUTO_TEST_CASE(a_position_falls_only_downwards_and_only_with_nothing_unfinished)
{
    auto tracker = offset_tracker{};
    BOOST_TEST(!tracker.fall_to(0));
    auto const first = tracker.admit(9);
    tracker.finish(first);
    BOOST_TEST(!tracker.fall_to(10));
    auto const second = tracker.admit(10);
    BOOST_TEST(!tracker.fall_to(3));
    tracker.finish(second);
    BOOST_TEST(tracker.fall_to(3));
    BOOST_TEST(tracker.position() == 3);
    tracker.finish(tracker.admit(3));
    BOOST_TEST(tracker.position() == 4);
}

BOOST_AUTO_TEST_CASE(a_gap_is_passed_only_forwards_and_only_with_nothing_unfinished)
{
    auto tracker = offset_tracker{};
    tracker.pass_gap(5);
    BOOST_TEST(tracker.position() == 5);
    tracker.pass_gap(3);
    BOOST_TEST(tracker.position() == 5);
    auto const open = tracker.admit(7);
    tracker.pass_gap(20);
    BOOST_TEST(tracker.position() == 5);
    tracker.finish(open);
    tracker.pass_gap(20);
    BOOST_TEST(tracker.position() == 20);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::offset_tracker_test

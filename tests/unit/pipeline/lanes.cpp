// Hooks of several records of one partition at the same time, with memory in place of a broker.

#include "unit/pipeline/lanes_bench.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace paperboy::pipeline::lanes_test
{
namespace
{

constexpr auto seeds = 60U;

// Runs with the record at offset 10 stuck, until records have begun and no others do for a while; then calls `look`
// with the last one that has begun, and lets the stuck one go.
template <class Look>
void run_with_a_stuck_record(bench& subject, std::size_t blocks, Look look)
{
    subject.handler.stuck = 10;
    auto timer = boost::asio::steady_timer{subject.context};
    auto wait = std::function<void(std::size_t)>{};
    wait = [&](std::size_t before)
    {
        timer.expires_after(std::chrono::milliseconds{100});
        timer.async_wait(
            [&, before](error_code)
            {
                auto const begun = subject.seen.begun.size();
                if (begun == 0 || begun != before)
                    return wait(begun);
                look(*subject.seen.begun.rbegin());
                subject.released = true;
            });
    };
    wait(0);
    subject.run(blocks, 50);
}

} // namespace

BOOST_AUTO_TEST_SUITE(lanes_suite)

BOOST_AUTO_TEST_CASE(every_record_once_and_in_its_keys_order_whatever_fails_and_however_long_it_takes)
{
    for (auto seed = 0U; seed < seeds; ++seed)
    {
        auto const concurrency = std::size_t{1} + seed % 17;
        auto subject = bench{seed, overlapping(ordering::key, concurrency)};
        subject.keys = 1 + seed % 30;
        subject.run(10, 50);
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            BOOST_TEST(subject.tracker.position() == 500);
            BOOST_TEST(subject.seen.finished.size() == 500U);
            BOOST_TEST(subject.told_finished == 500U);
            BOOST_TEST(subject.blocks_back == 10U);
            BOOST_TEST(subject.seen.overlaps == 0U);
            BOOST_TEST(subject.seen.disorders == 0U);
            BOOST_TEST(subject.seen.most_inside <= concurrency);
            BOOST_TEST((concurrency == 1 || subject.seen.most_inside > 1));
        }
    }
}

// Hooks that never wait are over before the next record is admitted.
BOOST_AUTO_TEST_CASE(records_that_are_not_admitted_yet_count_as_unfinished)
{
    struct quick_handler
    {
        boost::asio::awaitable<void> on_message(record_view const&) { co_return; }
    };
    auto context = boost::asio::io_context{};
    auto const strand = strand_signal::strand{slim_executor{boost::asio::any_io_executor{context.get_executor()}}};
    auto const factory = detail::make_handler_factory(quick_handler{}, detail::no_serde{}, detail::no_serde{});
    auto const adapter = factory->make({"test", 0});
    auto tracker = offset_tracker{};
    auto const stop = std::atomic<bool>{false};
    auto told = quiet_owner{};
    auto subject = lanes{strand, *adapter, overlapping(ordering::key, 8), tracker, stop, told};
    told.subject = &subject;
    auto block = memory_block::make(std::vector<test_record>(4, test_record{"k", "v"}), {"test", 0});
    boost::asio::co_spawn(strand, subject.take(std::move(block)),
                          [](std::exception_ptr const& error) { BOOST_TEST(!error); });
    context.run();
    BOOST_TEST(told.left == (std::vector<std::size_t>{3, 2, 1, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_ordering_only_the_concurrency_is_bounded)
{
    auto subject = bench{1, overlapping(ordering::none, 32)};
    subject.keys = 1;
    subject.run(10, 50);
    BOOST_TEST(subject.tracker.position() == 500);
    BOOST_TEST(subject.seen.most_inside == 32U);
    BOOST_TEST(subject.seen.overlaps > 0U);
}

BOOST_AUTO_TEST_CASE(a_record_that_fails_for_good_is_not_passed_and_ends_the_others_in_order)
{
    for (auto seed = 0U; seed < seeds; ++seed)
    {
        auto subject = bench{seed, overlapping(ordering::key, 8)};
        subject.handler.fatal = 200 + seed;
        subject.run(10, 50);
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            BOOST_TEST((subject.stopped == batch_end::failed));
            BOOST_TEST(subject.tracker.position() <= subject.handler.fatal);
            BOOST_TEST(subject.seen.inside == 0U);
            BOOST_TEST(subject.seen.begun.size() < 500U);
            subject.check_position();
        }
    }
}

BOOST_AUTO_TEST_CASE(asked_to_stop_those_in_their_hooks_finish_and_no_other_begins)
{
    for (auto seed = 0U; seed < seeds; ++seed)
    {
        auto subject = bench{seed, overlapping(ordering::key, 8)};
        subject.stop_after = 100 + seed;
        subject.run(10, 50);
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            BOOST_TEST(!subject.stopped);
            BOOST_TEST(subject.seen.inside == 0U);
            for (auto const offset : subject.seen.begun)
                BOOST_TEST((subject.seen.finished.contains(offset) || subject.seen.to_be_retried.contains(offset)));
            BOOST_TEST(subject.seen.begun.size() < 500U);
            subject.check_position();
        }
    }
}

BOOST_AUTO_TEST_CASE(cancelled_hooks_end_and_what_was_in_them_is_not_finished)
{
    for (auto seed = 0U; seed < seeds; ++seed)
    {
        auto subject = bench{seed, overlapping(ordering::key, 8)};
        subject.handler.stuck = 50;
        auto timer = boost::asio::steady_timer{subject.context};
        timer.expires_after(std::chrono::milliseconds{1});
        timer.async_wait([&](error_code) { subject.subject.cancel(); });
        subject.run(10, 50);
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            BOOST_TEST(subject.tracker.position() <= 50);
            BOOST_TEST(!subject.seen.finished.contains(50));
            subject.check_position();
        }
    }
}

BOOST_AUTO_TEST_CASE(a_stuck_key_stops_no_other_up_to_the_bound_of_unfinished_records)
{
    auto subject = bench{1, overlapping(ordering::key, 8, 300)};
    auto begun_while_stuck = std::int64_t{0};
    run_with_a_stuck_record(subject, 20,
                            [&](std::int64_t begun)
                            {
                                begun_while_stuck = begun;
                                BOOST_TEST(subject.tracker.position() == 10);
                            });
    BOOST_TEST(begun_while_stuck > 200);
    BOOST_TEST(begun_while_stuck <= 310);
    BOOST_TEST(subject.tracker.position() == 1000);
    BOOST_TEST(subject.seen.disorders == 0U);
}

// Each record is as large as the bound: only one is admitted at a time.
BOOST_AUTO_TEST_CASE(the_bytes_of_admitted_records_are_bounded)
{
    auto options = overlapping(ordering::none, 8);
    options.mode = mode_policy{};
    options.mode->max_bytes = 1;
    auto subject = bench{1, options};
    subject.run(4, 50);
    BOOST_TEST(subject.tracker.position() == 200);
    BOOST_TEST(subject.seen.most_inside == 1U);
}

// A block of 50 records nearly fills the bound: while one of them is stuck, all are kept, and no other block is taken.
BOOST_AUTO_TEST_CASE(what_a_stuck_record_keeps_with_it_counts_too)
{
    auto options = overlapping(ordering::none, 8);
    options.mode = mode_policy{};
    options.mode->max_bytes = 25'000;
    auto subject = bench{1, options};
    auto begun_while_stuck = std::int64_t{-1};
    run_with_a_stuck_record(subject, 4, [&](std::int64_t begun) { begun_while_stuck = begun; });
    BOOST_TEST(begun_while_stuck >= 0);
    BOOST_TEST(begun_while_stuck < 50);
    BOOST_TEST(subject.tracker.position() == 200);
    BOOST_TEST(subject.blocks_back == 4U);
}

BOOST_AUTO_TEST_CASE(a_stuck_keys_own_records_stop_all_when_they_fill_the_look_ahead)
{
    auto subject = bench{1, overlapping(ordering::key, 8)};
    subject.keys = 1;
    auto read_while_stuck = std::int64_t{0};
    run_with_a_stuck_record(subject, 100, [&](std::int64_t begun) { read_while_stuck = begun; });
    BOOST_TEST(read_while_stuck > 800);
    BOOST_TEST(read_while_stuck < 2000);
    BOOST_TEST(subject.tracker.position() == 5000);
}

// A serde that cannot be copied for a further lane, wherever that is needed.
BOOST_AUTO_TEST_CASE(a_lane_that_cannot_be_made_is_a_failure)
{
    struct stubborn_serde
    {
        using value_type = int;
        explicit stubborn_serde(bool& works) : copies{&works} {}
        stubborn_serde(stubborn_serde&&) = default;
        stubborn_serde(stubborn_serde const& other) : copies{other.copies}
        {
            if (!*copies)
                throw std::runtime_error{"no copy"};
        }
        void decode(bytes_view, int& out) const { out = 0; }
        bool* copies;
    };
    struct handler
    {
        boost::asio::awaitable<void> on_message(record<stubborn_serde::value_type> const&) { return test::turn(); }
    };
    for (auto const when_released : {false, true})
    {
        auto context = boost::asio::io_context{};
        auto const strand = strand_signal::strand{slim_executor{boost::asio::any_io_executor{context.get_executor()}}};
        auto copies = true;
        auto const factory = detail::make_handler_factory(handler{}, detail::no_serde{}, stubborn_serde{copies});
        auto const adapter = factory->make({"test", 0});
        copies = false;
        auto tracker = offset_tracker{};
        auto stop = std::atomic<bool>{false};
        auto told = quiet_owner{};
        auto subject = lanes{strand, *adapter, overlapping(ordering::key, 8), tracker, stop, told};
        auto const alive = std::make_shared<int>();
        subject.belong_to(alive);
        subject.hold(when_released);
        auto block = memory_block::make(std::vector<test_record>(4, test_record{"k", "v"}), {"test", 0});
        boost::asio::co_spawn(strand, subject.take(std::move(block)),
                              [](std::exception_ptr const& error) { BOOST_TEST(!error); });
        boost::asio::post(strand, [&] { subject.hold(false); });
        boost::asio::co_spawn(strand, subject.drain(), [](std::exception_ptr const& error) { BOOST_TEST(!error); });
        context.run_for(std::chrono::seconds{5});
        BOOST_TEST(context.stopped());
        BOOST_TEST((told.stopped != nullptr));
        BOOST_TEST(tracker.position() == offset_tracker::nothing_finished);
    }
}

// What a hook sends may release what it had held: the others begin after it, not inside it.
BOOST_AUTO_TEST_CASE(a_release_inside_a_hook_begins_no_other_hook_inside_it)
{
    struct handler
    {
        lanes*& subject;
        bool inside = false;
        int nested = 0;
        int count = 0;

        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            ++count;
            nested += inside ? 1 : 0;
            if (record.offset() != 0)
                co_return;
            subject->hold(true);
            for (auto turns = 0; turns < 10; ++turns)
                co_await test::turn();
            BOOST_TEST(count == 1);
            inside = true;
            subject->hold(false);
            inside = false;
        }
    };
    auto context = boost::asio::io_context{};
    auto const strand = strand_signal::strand{slim_executor{boost::asio::any_io_executor{context.get_executor()}}};
    lanes* there = nullptr;
    auto user = handler{there};
    auto const adapter =
        detail::make_handler_factory(std::ref(user), detail::no_serde{}, detail::no_serde{})->make({"test", 0});
    auto tracker = offset_tracker{};
    auto stop = std::atomic<bool>{false};
    auto told = quiet_owner{};
    auto subject = lanes{strand, *adapter, overlapping(ordering::none, 8), tracker, stop, told};
    auto const alive = std::make_shared<int>();
    subject.belong_to(alive);
    there = &subject;
    told.subject = &subject;
    auto block = memory_block::make(std::vector<test_record>(5, test_record{"k", "v"}), {"test", 0});
    boost::asio::co_spawn(strand, subject.take(std::move(block)),
                          [](std::exception_ptr const& error) { BOOST_TEST(!error); });
    context.run_for(std::chrono::seconds{5});
    BOOST_TEST(context.stopped());
    BOOST_TEST(user.count == 5);
    BOOST_TEST(user.nested == 0);
    BOOST_TEST(tracker.position() == 5);
}

BOOST_AUTO_TEST_CASE(held_lanes_finish_what_they_have_and_go_on_when_released)
{
    auto subject = bench{1, overlapping(ordering::key, 4)};
    auto held = std::size_t{0};
    auto timer = boost::asio::steady_timer{subject.context};
    auto const later = [&](auto what)
    {
        timer.expires_after(std::chrono::milliseconds{1});
        timer.async_wait([what = std::move(what)](error_code) { what(); });
    };
    auto release = [&]
    {
        BOOST_TEST(subject.seen.begun.size() == held);
        subject.subject.hold(false);
    };
    auto await_idle = std::function<void()>{};
    await_idle = [&]
    {
        if (subject.seen.inside > 0)
            return later([&] { await_idle(); });
        held = subject.seen.begun.size();
        later(release);
    };
    auto hold = std::function<void()>{};
    hold = [&]
    {
        if (subject.seen.begun.empty())
            return later([&] { hold(); });
        subject.subject.hold(true);
        await_idle();
    };
    hold();
    subject.run(100, 50);
    BOOST_TEST(held > 0U);
    BOOST_TEST(held < 5000U);
    BOOST_TEST(subject.tracker.position() == 5000);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::lanes_test

// Hooks of several records of one partition at the same time, with memory in place of a broker.

#include "pipeline/lanes.hpp"

#include "support/manual_hooks.hpp"
#include "testing/memory_block.hpp"

#include <paperboy/testing.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>

namespace paperboy::pipeline
{
namespace
{

using detail::batch_end;
using testing::memory_block;
using testing::test_record;

// What is known of every record, and every rule that a hook can check.
struct ledger
{
    std::map<std::string, std::int64_t> running_keys;
    std::map<std::string, std::int64_t> last_of_key;
    std::set<std::int64_t> begun;
    std::set<std::int64_t> finished;
    std::set<std::int64_t> to_be_retried;
    std::size_t inside = 0;
    std::size_t most_inside = 0;
    std::size_t overlaps = 0;
    std::size_t disorders = 0;

    void begin(record_view const& record)
    {
        begun.insert(record.offset());
        to_be_retried.erase(record.offset());
        most_inside = std::max(most_inside, ++inside);
        if (!record.has_key())
            return;
        auto const key = std::string{record.key()};
        overlaps += running_keys.contains(key) ? 1 : 0;
        running_keys[key] = record.offset();
        auto& last = last_of_key.try_emplace(key, -1).first->second;
        disorders += last <= record.offset() ? 0 : 1;
        last = record.offset();
    }
    void end(record_view const& record)
    {
        --inside;
        running_keys.erase(std::string{record.key()});
    }
};

// Takes a random number of turns; fails now and then, and is tried again or not; else as the scenario says.
struct random_handler
{
    ledger& seen;
    std::minstd_rand& random;
    std::int64_t fatal = -1;
    std::int64_t stuck = -1;
    bool* released = nullptr;

    boost::asio::awaitable<int> define_context(record_view const& record)
    {
        seen.begin(record);
        if (random() % 4 == 0)
            co_await test::turn();
        co_return 1;
    }
    boost::asio::awaitable<void> on_message(record_view const& record, int&)
    {
        for (auto turns = random() % 8; turns > 0; --turns)
            co_await test::turn();
        while (record.offset() == stuck && !*released)
            co_await test::turn();
        if (record.offset() == fatal || random() % 16 == 0)
            throw std::runtime_error{"no luck"};
    }
    boost::asio::awaitable<error_action> on_error(std::exception_ptr, record_view const& record)
    {
        co_await test::turn();
        if (record.offset() == fatal)
            co_return error_action::fail;
        auto how = backoff{};
        how.first = how.longest = std::chrono::milliseconds{1};
        how.attempts = 2;
        if (random() % 2 == 0)
            co_return error_action::skip;
        seen.to_be_retried.insert(record.offset());
        co_return error_action::retry(how, error_action::skip);
    }
    boost::asio::awaitable<void> on_finished_handling(record_view const& record, int&, outcome how)
    {
        if (how == outcome::failed)
            co_await test::turn();
        seen.end(record);
    }
};

// Lanes over records in memory, and everything around them.
class bench final : public lanes_owner
{
public:
    bench(unsigned seed, handler_options const& options) : random_{seed + 1}, options_{options}
    {
        handler.seen.begun.clear();
    }

    void record_finished(record_view const& record) override
    {
        ++told_finished;
        seen.finished.insert(record.offset());
        check_position();
        if (record.offset() == stop_after)
            stop = true;
    }
    void block_used_up(detail::block_holder block) override
    {
        BOOST_TEST(block->sole_holder());
        ++blocks_back;
    }
    void lane_stopped(batch_end how, std::exception_ptr const& error) override
    {
        BOOST_TEST(!error);
        stopped = how;
        stop = true;
    }
    error_action::kind failed_in_lane(record_attempts& attempts, hook, std::exception_ptr const&,
                                      record_view const& record, error_action const& action) noexcept override
    {
        return attempts.retries().failed(record.offset(), action, std::chrono::steady_clock::now(), 0);
    }
    std::optional<error_action> says_of(hook, std::exception_ptr const&, bool) override { return std::nullopt; }
    error_action::kind bury_in_lane(record_attempts const&, record_view const&) noexcept override
    {
        return error_action::kind::fail;
    }

    // Nothing below the position may be unfinished.
    void check_position()
    {
        auto const position = tracker.position();
        if (position < 0)
            return;
        auto const below = std::distance(seen.finished.begin(), seen.finished.lower_bound(position));
        BOOST_REQUIRE(below == position);
    }

    void run(std::size_t blocks, std::size_t records_each)
    {
        auto const alive = std::make_shared<int>();
        subject.belong_to(alive);
        boost::asio::co_spawn(strand_, read(blocks, records_each),
                              [](std::exception_ptr const& error) { BOOST_TEST(!error); });
        context.run();
    }

    ledger seen;
    boost::asio::io_context context;
    offset_tracker tracker;
    std::atomic<bool> stop{false};
    std::int64_t stop_after = -1;
    std::size_t keys = 20;
    std::size_t told_finished = 0;
    std::size_t blocks_back = 0;
    std::optional<batch_end> stopped;
    bool released = false;

private:
    std::minstd_rand random_;
    handler_options options_;

public:
    random_handler handler{seen, random_, -1, -1, &released};

private:
    boost::asio::awaitable<void> read(std::size_t blocks, std::size_t records_each)
    {
        auto offset = std::int64_t{0};
        for (std::size_t i = 0; i < blocks && !stop; ++i)
        {
            auto records = std::vector<test_record>{};
            for (std::size_t j = 0; j < records_each; ++j)
            {
                auto record = test_record{};
                if (random_() % 10 != 0)
                    record.key = std::to_string(random_() % keys);
                record.value = "v";
                record.offset = offset++;
                records.push_back(std::move(record));
            }
            auto block = memory_block::make(std::move(records), {"test", 0});
            co_await subject.take(std::move(block));
        }
        co_await subject.drain();
    }

    strand_signal::strand strand_{slim_executor{boost::asio::any_io_executor{context.get_executor()}}};
    std::unique_ptr<detail::batch_handler> adapter_ =
        detail::make_handler_factory(std::ref(handler), detail::no_serde{}, detail::no_serde{})->make({"test", 0});

public:
    lanes subject{strand_, *adapter_, options_, tracker, stop, *this};
};

handler_options overlapping(ordering order, std::size_t concurrency, std::size_t unfinished = 100'000)
{
    auto options = handler_options{};
    options.ordering = order;
    options.max_concurrency = concurrency;
    options.max_unfinished = unfinished;
    return options;
}

// Notes what it is told.
struct quiet_owner final : lanes_owner
{
    error_action::kind failed_in_lane(record_attempts&, hook, std::exception_ptr const&, record_view const&,
                                      error_action const&) noexcept override
    {
        return error_action::kind::fail;
    }
    std::optional<error_action> says_of(hook, std::exception_ptr const&, bool) override { return error_action::fail; }
    error_action::kind bury_in_lane(record_attempts const&, record_view const&) noexcept override
    {
        return error_action::kind::fail;
    }
    void record_finished(record_view const&) override { left.push_back(subject->unfinished()); }
    void block_used_up(detail::block_holder) override {}
    void lane_stopped(batch_end, std::exception_ptr const& error) override { stopped = error; }

    lanes* subject = nullptr;
    std::vector<std::size_t> left;
    std::exception_ptr stopped;
};

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
    auto hold = boost::asio::steady_timer{subject.context, std::chrono::microseconds{200}};
    auto release = boost::asio::steady_timer{subject.context, std::chrono::milliseconds{20}};
    hold.async_wait([&](error_code) { subject.subject.hold(true); });
    release.async_wait(
        [&](error_code)
        {
            held = subject.seen.begun.size();
            BOOST_TEST(subject.seen.inside == 0U);
            subject.subject.hold(false);
        });
    subject.run(100, 50);
    BOOST_TEST(held < 5000U);
    BOOST_TEST(subject.tracker.position() == 5000);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline

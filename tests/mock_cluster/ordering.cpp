// Records of one partition whose hooks overlap: by key, and without any order.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/ordering_fixture.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <ctime>

namespace paperboy::ordering_test
{
namespace
{

using namespace std::chrono_literals;
using test::bulk_or_keyed_handler;
using test::by_key;
using test::finished_in;
using test::hang_log;
using test::keyed_handler;
using test::ordering_fixture;
using test::outcome_of_run;

} // namespace

BOOST_FIXTURE_TEST_SUITE(ordering_suite, ordering_fixture)

BOOST_AUTO_TEST_CASE(keys_overlap_keep_their_order_and_commits_wait_for_the_lowest_unfinished)
{
    for (std::int32_t partition = 0; partition < partitions; ++partition)
        produce_keys(partition, 1'000, 50);
    auto consuming = engine{io.context(), checked_settings()};
    consuming.handle(topic, keyed_handler{shared}, by_key(16));

    auto first = outcome_of_run::start(consuming);
    BOOST_TEST(shared.wait_until([](auto const& all) { return finished_in(all) >= 1'500; }));
    consuming.stop();
    BOOST_TEST(first.get() == error_code{});
    for (auto const& [partition, all] : shared.get())
        BOOST_TEST(all.inside == 0U);

    // What was finished behind an unfinished record may come again; nothing may be missing.
    shared.update(
        [](auto& all)
        {
            for (auto& [partition, each] : all)
                each.last_of_key.clear();
        });
    auto second = outcome_of_run::start(consuming);
    BOOST_TEST(shared.wait_until([](auto const& all) { return finished_in(all) == 4'000; }));
    consuming.stop();
    BOOST_TEST(second.get() == error_code{});
    for (auto const& [partition, all] : shared.get())
    {
        BOOST_TEST(all.finished.size() == 1'000U);
        BOOST_TEST(all.most_inside <= 16U);
        BOOST_TEST(all.most_inside > 8U);
        BOOST_TEST(all.overlaps == 0);
        BOOST_TEST(all.disorders == 0);
        BOOST_TEST(all.begun >= 1'000U);
    }
    BOOST_TEST(checker->commits > 2);
    BOOST_TEST(checker->too_early == 0);
    BOOST_TEST(consuming.stats().skipped > 0U);
}

BOOST_AUTO_TEST_CASE(a_stuck_key_holds_the_commit_and_nothing_else_and_cancellation_frees_it)
{
    produce_keys(0, 500, 500);
    auto hanging = test::watched<hang_log>{};
    auto settings = this->settings();
    settings.commit.interval = 10ms;
    settings.shutdown_timeout = 10s;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, test::hanging_handler{hanging, 20}, by_key(8));

    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(hanging.wait_until([](auto const& all) { return all.finished.size() == 499; }));
    BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == 20; }));
    consuming.stop();
    BOOST_TEST(run.get() == make_error_code(errc::shutdown_timeout));
    BOOST_TEST(hanging.get().cancelled == 1);
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 20);
}

// The block of a stuck record is kept as a whole: it must not be all that may be kept, whether the size of records is
// known, as after some small ones, or nothing has come before.
BOOST_DATA_TEST_CASE(a_stuck_key_stops_no_other_however_large_the_records_are, (std::vector<std::size_t>{0, 1, 300}),
                     small_ones)
{
    auto const count = small_ones + 450; // the cluster keeps 5 MB
    for (std::size_t i = 0; i < count; ++i)
        cluster.produce(topic, {.key = std::to_string(i),
                                .value = std::string(i < small_ones ? 10 : 10'000, 'v'),
                                .partition = 0,
                                .headers = {}});
    cluster.flush();
    auto hanging = test::watched<hang_log>{};
    auto options = by_key(8);
    options.mode = mode_policy{};
    options.mode->mode = handling_mode::single;
    options.mode->max_bytes = 1'000'000;
    auto settings = this->settings();
    settings.shutdown_timeout = 3s;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, test::hanging_handler{hanging, static_cast<std::int64_t>(small_ones) + 20}, options);
    consuming.pause(topic);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(test::eventually(
        [&]
        {
            auto const all = consuming.stats().partitions;
            return std::ranges::any_of(all, [count](auto const& each) { return each.prefetched >= count; });
        }));
    consuming.resume(topic);
    BOOST_TEST(hanging.wait_until([count](auto const& all) { return all.finished.size() == count - 1; }));
    consuming.stop();
    BOOST_TEST(run.get() == make_error_code(errc::shutdown_timeout));
}

BOOST_AUTO_TEST_CASE(a_failure_stops_the_engine_in_front_of_its_record)
{
    struct failing_handler
    {
        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
            if (record.offset() == 100)
                throw std::runtime_error{"poison"};
        }
    };
    produce_keys(0, 300, 300);
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, failing_handler{}, by_key(8));
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    BOOST_TEST(consuming.last_failure().offset == 100);
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 100);
}

// A hook that hangs beside a failed one gets the time of any hook at the end, and not more.
BOOST_AUTO_TEST_CASE(a_failure_stops_the_engine_although_a_hook_of_another_key_hangs)
{
    struct failing_handler : test::hanging_handler
    {
        using test::hanging_handler::hanging_handler;
        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            co_await test::hanging_handler::on_message(record);
            if (record.offset() == 30)
                throw std::runtime_error{"poison"};
        }
    };
    produce_keys(0, 100, 100);
    auto hanging = test::watched<hang_log>{};
    auto settings = this->settings();
    settings.shutdown_timeout = 10s;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, failing_handler{hanging, 20}, by_key(8));
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    BOOST_TEST(consuming.last_failure().offset == 30);
    BOOST_TEST(hanging.get().cancelled == 1);
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 20);
}

// The step before lasts long enough for the whole partition, its end included, to wait in its queue. The hooks end
// without waiting, so each record is over before the next one is admitted.
BOOST_AUTO_TEST_CASE(a_partitions_end_is_not_taken_for_the_end_of_its_records)
{
    struct slow_handler
    {
        int& fails;
        void on_message(record_view const&)
        {
            if (fails-- > 0)
                throw std::runtime_error{"not yet"};
        }
        error_action on_error(std::exception_ptr)
        {
            auto how = backoff{};
            how.first = 500ms;
            return error_action::retry(how);
        }
    };
    struct failing_handler
    {
        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            if (record.offset() == 1)
                throw std::runtime_error{"poison"};
            co_return;
        }
    };
    auto const first = make_topic(1);
    produce(first, 0, 1);
    produce_keys(0, 10, 10);
    auto fails = 1;
    auto settings = this->settings();
    settings.properties["fetch.wait.max.ms"] = "20";
    settings.steps = {{first}, {topic}};
    auto consuming = engine{io.context(), settings};
    consuming.handle(first, slow_handler{fails});
    consuming.handle(topic, failing_handler{}, by_key(8));
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 1);
}

BOOST_AUTO_TEST_CASE(bulks_and_overlapping_records_take_turns)
{
    produce_keys(0, 3'000, 40);
    auto settings = checked_settings();
    settings.mode.enter_above_lag = 100;
    settings.mode.leave_below_lag = 10;
    settings.mode.min_dwell = 0ms;
    settings.mode.max_records = 500;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, bulk_or_keyed_handler{shared}, by_key(16));
    auto run = outcome_of_run::start(consuming);
    for (auto round = 1; round <= 3; ++round)
    {
        auto const wanted = static_cast<std::size_t>(3'000 * round + 20 * (round - 1));
        BOOST_TEST(shared.wait_until([&](auto const& all) { return finished_in(all) == wanted; }));
        produce_keys(0, 20, 5);
        BOOST_TEST(shared.wait_until([&](auto const& all) { return finished_in(all) == wanted + 20; }));
        if (round < 3)
            produce_keys(0, 3'000, 40);
    }
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    auto const all = shared.get().at(0);
    BOOST_TEST(all.bulks > 0U);
    BOOST_TEST(all.begun > 0U);
    BOOST_TEST(all.overlaps == 0);
    BOOST_TEST(all.disorders == 0);
    BOOST_TEST(checker->too_early == 0);
    BOOST_TEST((checker->commits > 0));
}

BOOST_AUTO_TEST_CASE(paused_nothing_begins_and_resumed_all_goes_on)
{
    produce_keys(0, 4'000, 50);
    auto consuming = engine{io.context(), checked_settings()};
    consuming.handle(topic, keyed_handler{shared}, by_key(4));
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(shared.wait_until([](auto const& all) { return finished_in(all) >= 100; }));
    consuming.pause();
    BOOST_TEST(test::eventually([&] { return test::all_are_held(consuming); }));
    BOOST_TEST(shared.wait_until([](auto const& all) { return all.at(0).inside == 0; }));
    auto const paused_at = shared.get().at(0).begun;
    BOOST_TEST(paused_at < 4'000U);
    BOOST_TEST(!shared.wait_until([&](auto const& all) { return all.at(0).begun > paused_at + 4; }, 100ms));
    consuming.resume();
    BOOST_TEST(shared.wait_until([](auto const& all) { return finished_in(all) == 4'000; }));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

// Hooks on_message wait until they are let go; bulks are counted.
struct gated_bulk_handler
{
    struct state
    {
        bool open = false;
        std::size_t inside = 0;
        std::size_t bulks = 0;
        std::size_t finished = 0;
    };

    boost::asio::awaitable<void> on_message(record_view const&)
    {
        shared.update([](auto& all) { ++all.inside; });
        auto const is_open = [this] { return shared.get().open; };
        co_await test::until(is_open);
        shared.update(
            [](auto& all)
            {
                --all.inside;
                ++all.finished;
            });
    }
    void on_bulk(std::span<record_view const> bulk)
    {
        shared.update(
            [&](auto& all)
            {
                ++all.bulks;
                all.finished += bulk.size();
            });
    }

    test::watched<state>& shared;
};

BOOST_AUTO_TEST_CASE(a_bulk_that_waits_for_overlapping_records_does_not_begin_when_paused)
{
    auto gate = test::watched<gated_bulk_handler::state>{};
    auto settings = checked_settings();
    settings.mode.enter_above_lag = 100;
    settings.mode.leave_below_lag = 10;
    settings.mode.max_wait = 1ms;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, gated_bulk_handler{gate}, by_key(16));
    auto run = outcome_of_run::start(consuming);
    produce_keys(0, 1, 1);
    BOOST_TEST(gate.wait_until([](auto const& all) { return all.inside == 1; }));
    produce_keys(0, 500, 50);
    BOOST_TEST(log.wait_for("now bulk"));
    consuming.pause();
    BOOST_TEST(test::eventually([&] { return test::all_are_held(consuming); }));
    gate.update([](auto& all) { all.open = true; });
    BOOST_TEST(gate.wait_until([](auto const& all) { return all.inside == 0; }));
    auto const began = std::chrono::steady_clock::now();
    auto const cpu_before = std::clock();
    BOOST_TEST(!gate.wait_until([](auto const& all) { return all.bulks > 0; }, 300ms));
    auto const cpu = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
    auto const wall = std::chrono::duration<double>{std::chrono::steady_clock::now() - began};
    BOOST_TEST(cpu < wall.count() / 2);
    consuming.resume();
    BOOST_TEST(gate.wait_until([](auto const& all) { return all.finished == 501; }));
    BOOST_TEST(gate.get().bulks > 0U);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(options_that_cannot_work_are_refused_with_the_reason)
{
    auto consuming = engine{io.context(), settings()};
    struct plain_handler
    {
        void on_message(record_view const&) {}
    };
    auto const refused = [](std::string const& part)
    {
        return [part](setup_error const& error)
        { return std::string_view{error.what()}.find(part) != std::string_view::npos; };
    };
    BOOST_CHECK_EXCEPTION(consuming.handle("a", plain_handler{}, by_key(4)), setup_error,
                          refused("ordering in the options of \"a\" is key, but no hook of the handler is awaitable"));
    BOOST_CHECK_EXCEPTION(consuming.handle("a", keyed_handler{shared}, by_key(0)), setup_error,
                          refused("max_concurrency in the options of \"a\" is 0; set it to 1 to 10000"));
    auto narrow = by_key(64);
    narrow.max_unfinished = 63;
    BOOST_CHECK_EXCEPTION(consuming.handle("a", keyed_handler{shared}, narrow), setup_error,
                          refused("max_unfinished in the options of \"a\" is 63; set it to 64 to 10000000"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::ordering_test

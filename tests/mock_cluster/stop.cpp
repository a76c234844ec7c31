// stop() at every moment of a run, and what may not be done.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/post.hpp>

#include <atomic>

#include <sys/resource.h>
#include <unistd.h>

namespace paperboy::stop_test
{
namespace
{

using namespace std::chrono_literals;
using test::at_least;
using test::collecting_handler;
using test::mock_fixture;
using test::outcome_of_run;
using test::seen_records;

using clock = std::chrono::steady_clock;

} // namespace

BOOST_FIXTURE_TEST_SUITE(stop_suite, mock_fixture)

BOOST_AUTO_TEST_CASE(without_a_handler_there_is_no_run)
{
    auto idle = engine{io.context(), settings()};
    auto run = outcome_of_run::start(idle);
    BOOST_TEST(run.get() == make_error_code(errc::no_handler));
    BOOST_TEST(idle.last_failure().code == make_error_code(errc::no_handler));
    BOOST_TEST(idle.last_failure().text == "no topic has a handler; call engine::handle before async_run");
}

BOOST_AUTO_TEST_CASE(a_stop_before_the_group_is_joined)
{
    auto seen = seen_records{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, collecting_handler{seen});
    auto const started = clock::now();
    auto at_once = outcome_of_run::start(consuming);
    consuming.stop();
    BOOST_TEST(at_once.get() == error_code{});

    auto while_joining = outcome_of_run::start(consuming);
    BOOST_TEST(log.wait_for("joining group"));
    consuming.stop();
    BOOST_TEST(while_joining.get() == error_code{});
    BOOST_TEST((clock::now() - started < settings().shutdown_timeout));
    BOOST_TEST(watcher->seen.get().revoked.size() == watcher->seen.get().assigned.size());
    BOOST_TEST(log.count("stopped: success") == 2U);
}

// Wherever it comes between the first and the last step of async_run.
BOOST_AUTO_TEST_CASE(a_stop_from_another_thread_while_a_run_starts)
{
    auto seen = seen_records{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, collecting_handler{seen});
    auto done = std::atomic<bool>{false};
    auto stoppers = std::vector<std::thread>{};
    for (auto i = 0; i < 2; ++i)
        stoppers.emplace_back(
            [&]
            {
                while (!done)
                {
                    if (consuming.health().status == engine_status::starting)
                        consuming.stop();
                    std::this_thread::yield();
                }
            });
    constexpr auto runs = 20;
    auto ended = 0;
    try
    {
        for (auto i = 0; i < runs; ++i)
            ended += outcome_of_run::start(consuming).get() == error_code{} ? 1 : 0;
    }
    catch (std::exception const& error)
    {
        BOOST_ERROR(error.what());
    }
    done = true;
    for (auto& each : stoppers)
        each.join();
    BOOST_TEST(ended == runs);
}

// UBSan looks by a pipe whether it may read an object's type, and takes one that it cannot open for a no.
#ifndef __SANITIZE_ADDRESS__
BOOST_AUTO_TEST_CASE(a_run_without_descriptors_is_told)
{
    auto seen = seen_records{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, collecting_handler{seen});
    auto const unused = ::dup(0);
    ::close(unused);
    auto before = rlimit{};
    BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    auto none = before;
    none.rlim_cur = static_cast<rlim_t>(unused);
    BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    BOOST_TEST(run.get() == make_error_code(errc::client_failed));
    BOOST_TEST(consuming.last_failure().text.starts_with("the run cannot begin: "), consuming.last_failure().text);
    auto again = outcome_of_run::start(consuming);
    consuming.stop();
    BOOST_TEST(again.get() == error_code{});
}
#endif

BOOST_AUTO_TEST_CASE(a_stop_from_a_hook_finishes_that_record_and_no_other)
{
    struct handler
    {
        seen_records& seen;
        engine*& running;

        void on_message(record_view const& record)
        {
            if (record.offset() == 4)
                running->stop();
            collecting_handler{seen}.on_message(record);
        }
    };
    produce(topic, 0, 10);
    auto seen = seen_records{};
    engine* running = nullptr;
    auto consuming = engine{io.context(), settings()};
    running = &consuming;
    consuming.handle(topic, handler{seen, running});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == error_code{});
    auto const offsets = offsets_of(seen, 0);
    auto const handled = static_cast<std::int64_t>(offsets.size());
    BOOST_TEST(handled >= 5);
    BOOST_TEST(offsets == test::offsets_from(0, handled), boost::test_tools::per_element());
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == handled);
}

BOOST_AUTO_TEST_CASE(a_stop_without_a_run_does_nothing_and_stops_from_several_threads_are_one)
{
    produce(topic, 0, 100);
    auto seen = seen_records{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, collecting_handler{seen});
    consuming.stop();
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(seen.wait_until(at_least(1)));
    BOOST_TEST(!run.there());
    auto stoppers = std::vector<std::thread>{};
    for (auto i = 0; i < 4; ++i)
        stoppers.emplace_back([&] { consuming.stop(); });
    for (auto& each : stoppers)
        each.join();
    BOOST_TEST(run.get() == error_code{});
    consuming.stop();
    BOOST_TEST(log.count("stopped: success") == 1U);
}

BOOST_AUTO_TEST_CASE(a_bulk_that_still_waits_for_records_keeps_nothing_alive)
{
    struct handler
    {
        std::shared_ptr<int> life;

        void on_message(record_view const&) {}
        void on_bulk(std::span<record_view const>) {}
    };
    produce(topic, 0, 5);
    auto settings = this->settings();
    settings.mode.mode = handling_mode::bulk;
    settings.mode.max_wait = 1h;
    auto life = std::make_shared<int>();
    auto const ended = std::weak_ptr{life};
    {
        auto consuming = engine{io.context(), settings};
        consuming.handle(topic, per_partition([held = std::exchange(life, nullptr)] { return handler{held}; }));
        auto run = outcome_of_run::start(consuming);
        auto const gathers = [](partition_stats const& each) { return each.in_flight == 5; };
        BOOST_TEST(test::eventually([&] { return std::ranges::any_of(consuming.stats().partitions, gathers); }));
        consuming.stop();
        BOOST_TEST(run.get() == error_code{});
    }
    BOOST_TEST(test::eventually([&] { return ended.expired(); }));
}

BOOST_AUTO_TEST_CASE(a_second_run_at_the_same_time_is_refused)
{
    produce(topic, 0, 1);
    auto seen = seen_records{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, collecting_handler{seen});
    auto first = outcome_of_run::start(consuming);
    auto second = outcome_of_run::start(consuming);
    BOOST_TEST(second.get() == make_error_code(errc::already_running));
    BOOST_CHECK_EXCEPTION(consuming.handle("another", collecting_handler{seen}), setup_error,
                          [](setup_error const& error)
                          {
                              return error.code() == make_error_code(errc::already_running) &&
                                     std::string_view{error.what()}.find("\"another\"") != std::string_view::npos;
                          });
    BOOST_TEST(seen.wait_until(at_least(1)));
    BOOST_TEST(!first.there());
    consuming.stop();
    BOOST_TEST(first.get() == error_code{});
    BOOST_CHECK_NO_THROW(consuming.handle("another", collecting_handler{seen}));
}

BOOST_AUTO_TEST_CASE(an_awaitable_hook_that_never_ends_is_cancelled_and_its_record_handled_again)
{
    produce(topic, 0, 5);
    auto hanging = test::watched<test::hang_log>{};
    auto settings = this->settings();
    settings.shutdown_timeout = 10s;
    {
        auto consuming = engine{io.context(), settings};
        consuming.handle(topic, test::hanging_handler{hanging, 3});
        auto run = outcome_of_run::start(consuming);
        BOOST_TEST(hanging.wait_until(test::begun(3)));
        auto const stopped = clock::now();
        consuming.stop();
        BOOST_TEST(run.get() == make_error_code(errc::shutdown_timeout));
        BOOST_TEST((clock::now() - stopped < settings.shutdown_timeout + 15s));
        BOOST_TEST(consuming.last_failure().code == make_error_code(errc::shutdown_timeout));
    }
    auto const all = hanging.get();
    BOOST_TEST(all.cancelled == 1);
    BOOST_TEST(all.left == 1);
    BOOST_TEST(all.finished == (std::vector<std::int64_t>{0, 1, 2}), boost::test_tools::per_element());
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 3);
    BOOST_TEST(log.wait_for("warning: " + topic + "[0]: a hook did not end in time after offset 2; it is cancelled"),
               log);
    BOOST_TEST(log.count("error: stopped: ") == 1U);

    auto seen = seen_records{};
    auto again = engine{io.context(), this->settings()};
    again.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(again);
    BOOST_TEST(seen.wait_until(at_least(2)));
    again.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(offsets_of(seen, 0) == (std::vector<std::int64_t>{3, 4}), boost::test_tools::per_element());
}

// The time for partitions that the group wants back is none of its own.
BOOST_AUTO_TEST_CASE(a_hook_has_the_time_that_a_stop_may_take)
{
    struct slow_handler
    {
        engine*& running;

        boost::asio::awaitable<void> on_message(record_view const&)
        {
            running->stop();
            auto const is_stopping = [this] { return running->health().status == engine_status::stopping; };
            co_await test::until(is_stopping);
            auto timer = boost::asio::steady_timer{co_await boost::asio::this_coro::executor, 1s};
            co_await timer.async_wait(boost::asio::use_awaitable);
        }
    };
    produce(topic, 0, 1);
    auto settings = this->settings();
    settings.revoke_timeout = 200ms;
    settings.shutdown_timeout = 25s;
    engine* running = nullptr;
    auto consuming = engine{io.context(), settings};
    running = &consuming;
    consuming.handle(topic, slow_handler{running});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 1);
}

// Another member joins after the stop: it waits for the partitions no longer than it would have before.
BOOST_AUTO_TEST_CASE(partitions_that_the_group_wants_back_after_a_stop_are_given_back_in_time)
{
    produce(topic, 0, 1);
    auto hanging = test::watched<test::hang_log>{};
    auto settings = this->settings();
    settings.revoke_timeout = 1s;
    settings.shutdown_timeout = 5min;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, test::hanging_handler{hanging, 0});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(hanging.wait_until(test::begun(0)), log);
    consuming.stop();
    auto seen = seen_records{};
    settings.watcher = nullptr;
    settings.shutdown_timeout = 10s;
    auto other = engine{io.context(), settings};
    other.handle(make_topic(1), collecting_handler{seen});
    auto other_run = outcome_of_run::start(other);
    BOOST_TEST(run.get() == make_error_code(errc::shutdown_timeout), log);
    BOOST_TEST(hanging.get().cancelled == 1);
    other.stop();
    BOOST_TEST(other_run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(a_hook_that_blocks_its_thread_does_not_hold_up_the_result)
{
    produce(topic, 0, 5);
    auto blocked = test::watched<test::blocking_handler::state>{};
    auto settings = this->settings();
    settings.shutdown_timeout = 3s;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, test::blocking_handler{blocked, 2});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(blocked.wait_until([](auto const& state) { return state.inside; }));
    auto const stopped = clock::now();
    consuming.stop();
    BOOST_TEST(run.get() == make_error_code(errc::shutdown_timeout));
    BOOST_TEST((clock::now() - stopped < settings.shutdown_timeout + 15s));
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 2);
    blocked.update([](auto& state) { state.open = true; });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::stop_test

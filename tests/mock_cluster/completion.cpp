// Where and how async_run completes, for each kind of token.

#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

namespace paperboy::completion_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::at_least;
using test::collecting_handler;
using test::mock_fixture;
using test::seen_records;

// Knows on which thread it is inside its own function objects.
class marking_executor
{
public:
    explicit marking_executor(asio::io_context::executor_type inner) : inner_{std::move(inner)} {}

    [[nodiscard]] asio::execution_context& query(asio::execution::context_t) const noexcept { return inner_.context(); }
    [[nodiscard]] static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept
    {
        return asio::execution::blocking.never;
    }
    template <class F>
    void execute(F work) const
    {
        asio::post(inner_,
                   [work = std::move(work)]() mutable
                   {
                       ++depth();
                       std::move(work)();
                       --depth();
                   });
    }
    [[nodiscard]] static bool inside() { return depth() > 0; }

    friend bool operator==(marking_executor const&, marking_executor const&) = default;

private:
    static int& depth()
    {
        thread_local int value = 0;
        return value;
    }
    asio::io_context::executor_type inner_;
};

struct completion
{
    bool inline_call = false;
    bool on_executor = false;
    error_code result;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(completion_suite, mock_fixture)

BOOST_AUTO_TEST_CASE(a_callback_runs_on_its_own_executor_and_never_inside_async_run)
{
    auto const run = [&](engine& which, auto meanwhile)
    {
        auto done = test::watched<std::optional<completion>>{};
        auto inside = std::this_thread::get_id();
        auto const executor = marking_executor{io.context().get_executor()};
        which.async_run(asio::bind_executor(executor,
                                            [&, inside](error_code result)
                                            {
                                                auto const how = completion{std::this_thread::get_id() == inside,
                                                                            marking_executor::inside(), result};
                                                done.update([&](auto& all) { all = how; });
                                            }));
        meanwhile();
        BOOST_TEST(done.wait_until([](auto const& all) { return all.has_value(); }));
        auto const how = done.get().value_or(completion{});
        BOOST_TEST(!how.inline_call);
        BOOST_TEST(how.on_executor);
        return how.result;
    };
    produce(topic, 0, 1);
    auto seen = seen_records{};
    auto idle = engine{io.context(), settings()};
    BOOST_TEST(run(idle, [] {}) == make_error_code(errc::no_handler));

    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, collecting_handler{seen});
    auto const result = run(consuming,
                            [&]
                            {
                                BOOST_TEST(run(consuming, [] {}) == make_error_code(errc::already_running));
                                BOOST_TEST(seen.wait_until(at_least(1)));
                                consuming.stop();
                            });
    BOOST_TEST(result == error_code{});
}

BOOST_AUTO_TEST_CASE(an_immediate_result_is_not_told_inside_async_run_on_an_executor_thread_either)
{
    // One thread: on another one the completion may rightly come before async_run has returned.
    auto called = std::atomic<bool>{false};
    auto inside = std::promise<bool>{};
    auto one = test::io_threads{1};
    auto idle = engine{one.context(), settings()};
    asio::post(one.context(),
               [&]
               {
                   idle.async_run([&](error_code) { called = true; });
                   inside.set_value(called);
               });
    BOOST_TEST(!inside.get_future().get());
}

BOOST_AUTO_TEST_CASE(the_engines_executor_is_the_given_one)
{
    auto const on = engine{io.context(), settings()};
    BOOST_TEST((on.get_executor() == asio::any_io_executor{io.context().get_executor()}));
    auto const strand = asio::make_strand(io.context());
    auto const on_strand = engine{strand, settings()};
    BOOST_TEST((on_strand.get_executor() == asio::any_io_executor{strand}));
}

BOOST_AUTO_TEST_CASE(a_future_and_a_deferred_operation)
{
    produce(topic, 0, 1);
    auto seen = seen_records{};
    auto consuming = engine{io.context(), settings()};
    auto refused = consuming.async_run(asio::use_future);
    BOOST_CHECK_EXCEPTION(refused.get(), boost::system::system_error, [](boost::system::system_error const& error)
                          { return error.code() == make_error_code(errc::no_handler); });

    consuming.handle(topic, collecting_handler{seen});
    auto deferred = consuming.async_run(asio::deferred);
    // Nothing happens before the operation is started.
    BOOST_TEST(log.count("joining group") == 0U);
    auto result = std::move(deferred)(asio::use_future);
    BOOST_TEST(seen.wait_until(at_least(1)));
    consuming.stop();
    BOOST_CHECK_NO_THROW(result.get());
}

BOOST_AUTO_TEST_CASE(a_coroutine_awaits_it_and_a_timer_cancels_it)
{
    using namespace asio::experimental::awaitable_operators;
    produce(topic, 0, 3);
    auto seen = seen_records{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, collecting_handler{seen});

    auto const everything_seen = [&]() -> asio::awaitable<void>
    {
        auto const executor = co_await asio::this_coro::executor;
        auto timer = asio::steady_timer{executor};
        while (!at_least(3)(seen.get()))
        {
            timer.expires_after(20ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
    };
    auto const program = [&]() -> asio::awaitable<bool>
    {
        auto run = consuming.async_run(asio::experimental::as_tuple(asio::use_awaitable));
        auto until = everything_seen();
        auto const which = co_await (std::move(run) || std::move(until));
        co_return which.index() == 1;
    };
    auto timer_won = asio::co_spawn(asio::make_strand(io.context()), program(), asio::use_future);
    BOOST_REQUIRE((timer_won.wait_for(test::patience) == std::future_status::ready));
    BOOST_TEST(timer_won.get());
    BOOST_TEST(log.count("stopped: ") == 1U);
}

BOOST_AUTO_TEST_CASE(a_coroutine_gets_failures_as_exceptions)
{
    auto idle = engine{io.context(), settings()};
    auto const program = [&]() -> asio::awaitable<void> { co_await idle.async_run(asio::use_awaitable); };
    auto result = asio::co_spawn(io.context(), program(), asio::use_future);
    BOOST_CHECK_EXCEPTION(result.get(), boost::system::system_error, [](boost::system::system_error const& error)
                          { return error.code() == make_error_code(errc::no_handler); });
}

BOOST_AUTO_TEST_CASE(one_thread_is_enough)
{
    produce(topic, 0, 3);
    auto seen = seen_records{};
    auto alone = asio::io_context{};
    auto consuming = engine{alone, settings()};
    struct handler
    {
        seen_records& seen;
        engine*& running;
        void on_message(record_view const& record)
        {
            collecting_handler{seen}.on_message(record);
            if (record.offset() == 2)
                running->stop();
        }
    };
    engine* running = &consuming;
    consuming.handle(topic, handler{seen, running});
    auto result = std::optional<error_code>{};
    consuming.async_run([&](error_code how) { result = how; });
    // Returns by itself: a completed run leaves no work behind.
    alone.run_for(test::patience);
    BOOST_TEST(alone.stopped());
    BOOST_TEST((result == error_code{}));
    BOOST_TEST(seen.get().size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::completion_test

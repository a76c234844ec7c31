#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace paperboy::cancellation_test
{
namespace
{

using namespace std::chrono_literals;
using test::at_least;
using test::collecting_handler;
using test::hang_log;
using test::mock_fixture;
using test::outcome_of_run;
using test::seen_records;

error_code const aborted = boost::asio::error::operation_aborted;

// A run that can be cancelled from this thread.
class cancellable_run
{
public:
    cancellable_run(engine& which, boost::asio::io_context& context) : context_{context}
    {
        which.async_run(boost::asio::bind_cancellation_slot(signal_->slot(), [this](error_code result)
                                                            { result_.update([&](auto& all) { all = result; }); }));
    }

    void cancel(boost::asio::cancellation_type type)
    {
        auto done = std::promise<void>{};
        boost::asio::post(context_,
                          [&]
                          {
                              signal_->emit(type);
                              done.set_value();
                          });
        done.get_future().wait();
    }

    [[nodiscard]] std::optional<error_code> result(std::chrono::milliseconds deadline = test::patience) const
    {
        static_cast<void>(result_.wait_until([](auto const& all) { return all.has_value(); }, deadline));
        return result_.get();
    }

private:
    boost::asio::io_context& context_;
    std::shared_ptr<boost::asio::cancellation_signal> signal_ = std::make_shared<boost::asio::cancellation_signal>();
    test::watched<std::optional<error_code>> result_;
};

// A signal must not be emitted while a completion clears its slot on another thread.
struct one_thread_fixture : mock_fixture
{
    one_thread_fixture() { io.join(); }
    test::io_threads one{1};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cancellation_suite, one_thread_fixture)

BOOST_AUTO_TEST_CASE(partial_and_total_end_in_order_and_commit)
{
    using type = boost::asio::cancellation_type;
    auto const topics = std::map<std::string, type>{{topic, type::partial}, {make_topic(1), type::total}};
    auto seen = std::map<std::string, seen_records>{};
    auto engines = std::vector<std::unique_ptr<engine>>{};
    auto runs = std::vector<std::unique_ptr<cancellable_run>>{};
    for (auto const& [own, how] : topics)
    {
        produce(own, 0, 20);
        auto settings = this->settings();
        settings.group_id += own;
        engines.push_back(std::make_unique<engine>(one.context(), settings));
        engines.back()->handle(own, collecting_handler{seen[own]});
        runs.push_back(std::make_unique<cancellable_run>(*engines.back(), one.context()));
    }
    auto run = runs.begin();
    for (auto const& [own, how] : topics)
    {
        BOOST_TEST(seen[own].wait_until(at_least(20)));
        (*run)->cancel(how);
        BOOST_TEST(((*run)->result() == aborted));
        BOOST_TEST((watcher->seen.get().committed()[{own, 0}]) == 20);
        auto const why = engines[static_cast<std::size_t>(run - runs.begin())]->last_failure();
        BOOST_TEST(!why.code);
        BOOST_TEST(why.text == "async_run was cancelled");
        // Too late: nobody listens any more.
        (*run++)->cancel(type::terminal);
    }
    BOOST_TEST(log.count("error: ") == 0U, log);
}

BOOST_AUTO_TEST_CASE(terminal_cancels_the_hook_joins_it_and_commits_nothing)
{
    produce(topic, 0, 5);
    auto hanging = test::watched<hang_log>{};
    auto settings = this->settings();
    settings.commit.interval = 1h;
    auto consuming = engine{one.context(), settings};
    consuming.handle(topic, test::hanging_handler{hanging, 3});
    auto run = cancellable_run{consuming, one.context()};
    BOOST_TEST(hanging.wait_until(test::begun(3)));
    run.cancel(boost::asio::cancellation_type::terminal);
    BOOST_TEST((run.result(settings.shutdown_timeout) == aborted));
    auto const all = hanging.get();
    BOOST_TEST(all.cancelled == 1);
    BOOST_TEST(all.left == 1);
    BOOST_TEST(all.finished == (std::vector<std::int64_t>{0, 1, 2}), boost::test_tools::per_element());
    BOOST_TEST(watcher->seen.get().commits.empty());
    BOOST_TEST(watcher->seen.get().hook_errors.empty());
}

BOOST_AUTO_TEST_CASE(terminal_after_partial_hurries)
{
    produce(topic, 0, 5);
    auto hanging = test::watched<hang_log>{};
    auto settings = this->settings();
    settings.commit.interval = 1h;
    settings.shutdown_timeout = 1min;
    auto consuming = engine{one.context(), settings};
    consuming.handle(topic, test::hanging_handler{hanging, 3});
    auto run = cancellable_run{consuming, one.context()};
    BOOST_TEST(hanging.wait_until(test::begun(3)));
    run.cancel(boost::asio::cancellation_type::partial);
    run.cancel(boost::asio::cancellation_type::terminal);
    BOOST_TEST((run.result() == aborted));
    BOOST_TEST(hanging.get().left == 1);
    // What was finished in front of it may be committed by then.
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) <= 3);
}

// 1. Another member joins, which takes the partitions away; the hook does not end.
// 2. The cancellation comes: librdkafka leaves the group without waiting for our answer to the revocation. The hook
//    takes a while to end.
BOOST_AUTO_TEST_CASE(terminal_waits_for_a_cancelled_hook_in_the_middle_of_a_revocation)
{
    struct slow_to_end
    {
        test::watched<hang_log>& seen;

        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            namespace this_coro = boost::asio::this_coro;
            co_await this_coro::throw_if_cancelled(false);
            seen.update([&](hang_log& all) { all.begun.push_back(record.offset()); });
            auto timer = boost::asio::steady_timer{co_await this_coro::executor};
            auto ignored = error_code{};
            timer.expires_at(boost::asio::steady_timer::time_point::max());
            co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
            seen.update([](hang_log& all) { ++all.cancelled; });
            timer.expires_after(500ms);
            co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
            seen.update([](hang_log& all) { ++all.left; });
        }
    };
    produce(topic, 0, 1);
    auto hanging = test::watched<hang_log>{};
    auto settings = this->settings();
    settings.revoke_timeout = 1min;
    settings.shutdown_timeout = 25s;
    auto consuming = engine{one.context(), settings};
    consuming.handle(topic, slow_to_end{hanging});
    auto run = cancellable_run{consuming, one.context()};
    BOOST_TEST_REQUIRE(hanging.wait_until(test::begun(0)), log);
    auto seen = seen_records{};
    settings.watcher = nullptr;
    auto other = engine{one.context(), settings};
    other.handle(make_topic(1), collecting_handler{seen});
    auto other_run = outcome_of_run::start(other);
    BOOST_TEST_REQUIRE(test::eventually([&] { return !other.stats().partitions.empty(); }), log);
    run.cancel(boost::asio::cancellation_type::terminal);
    BOOST_TEST((run.result() == aborted));
    BOOST_TEST(hanging.get().cancelled == 1);
    BOOST_TEST(hanging.get().left == 1);
    other.stop();
    BOOST_TEST(other_run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(terminal_before_the_group_is_joined)
{
    auto seen = seen_records{};
    auto consuming = engine{one.context(), settings()};
    consuming.handle(topic, collecting_handler{seen});
    auto run = cancellable_run{consuming, one.context()};
    run.cancel(boost::asio::cancellation_type::terminal);
    BOOST_TEST((run.result(settings().shutdown_timeout) == aborted));
}

BOOST_AUTO_TEST_CASE(a_refused_runs_cancellation_leaves_the_other_run_alone)
{
    produce(topic, 0, 1);
    auto seen = seen_records{};
    auto consuming = engine{one.context(), settings()};
    consuming.handle(topic, collecting_handler{seen});
    auto first = cancellable_run{consuming, one.context()};
    auto signal = boost::asio::cancellation_signal{};
    auto refused = test::watched<std::optional<error_code>>{};
    auto start = [&]
    {
        consuming.async_run(boost::asio::bind_cancellation_slot(signal.slot(), [&](error_code result)
                                                                { refused.update([&](auto& all) { all = result; }); }));
        signal.emit(boost::asio::cancellation_type::terminal);
    };
    boost::asio::post(one.context(), start);
    BOOST_TEST(refused.wait_until([](auto const& all) { return all.has_value(); }));
    BOOST_TEST((refused.get() == make_error_code(errc::already_running)));
    BOOST_TEST(seen.wait_until(at_least(1)));
    consuming.stop();
    BOOST_TEST((first.result() == error_code{}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::cancellation_test

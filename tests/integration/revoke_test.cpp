// A partition is wanted back while a hook works on it.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"
#include "support/incremental.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

namespace paperboy::test::revoke_test
{
namespace
{

using namespace std::chrono_literals;
namespace asio = boost::asio;

// Holds the record with the value "slow" until it is let go, or cancelled.
struct holding_handler
{
    journal& log;
    std::string engine;
    std::shared_ptr<std::atomic<bool>> let_go;

    asio::awaitable<void> on_message(record_view const& record)
    {
        auto span = hook_span{log, engine, record};
        auto timer = asio::steady_timer{co_await asio::this_coro::executor};
        while (record.value() == "slow" && !let_go->load())
        {
            timer.expires_after(10ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        span.done();
    }
};

// Both partitions get three records; the second of partition 0 is slow.
struct fixture
{
    std::string topic = cluster{}.make_topic("revoke", 2);
    std::string group = unique_name("revoke");
    properties more;
    group_view view{group};
    journal log;
    std::shared_ptr<std::atomic<bool>> let_go = std::make_shared<std::atomic<bool>>(false);

    fixture()
    {
        auto sender = producer{};
        for (auto partition = 0; partition < 2; ++partition)
            for (auto const* value : {"quick", partition == 0 ? "slow" : "quick", "quick"})
                sender.send(topic, {.partition = partition, .value = value});
        sender.flush();
    }
    [[nodiscard]] std::unique_ptr<running_engine>
    join(std::string const& name, std::chrono::milliseconds revoke_timeout, std::shared_ptr<std::atomic<bool>> gate)
    {
        auto settings = test_config(group);
        settings.revoke_timeout = revoke_timeout;
        settings.properties.insert(more.begin(), more.end());
        settings.watcher = std::make_shared<journaling_observer>(log, name);
        return std::make_unique<running_engine>(name, std::move(settings), [this, name, gate](engine& e)
                                                { e.handle(topic, holding_handler{log, name, gate}); });
    }
    [[nodiscard]] bool is_in_slow_hook()
    {
        return log.await([&] { return log.starts_of({topic, 0}, 1) == 1 && log.finished_count() == 4; });
    }
};

// Of the first engine: blocks its thread at the record with the value "slow" until it is let go.
struct blocking_handler
{
    fixture& test;

    void on_message(record_view const& record)
    {
        static std::string const name = "first";
        auto span = hook_span{test.log, name, record};
        if (record.value() == "slow")
            test.let_go->wait(false);
        span.done();
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_hook_finishes_before_the_partition_goes_to_another_engine, fixture)
{
    auto const first = join("first", 20s, let_go);
    BOOST_TEST(is_in_slow_hook());
    auto const second = join("second", 20s, let_go);
    BOOST_TEST(eventually([&] { return view.state() == "PreparingRebalance"; }));
    // The group waits for the first engine, and the first engine for its hook: neither partition changes hands, over
    // several of the heartbeats that tell the first one.
    BOOST_TEST(!log.await([&] { return log.owned_by("first") != 2; }, 1s));
    let_go->store(true);
    BOOST_TEST(log.await([&] { return log.owned_by("first") == 1 && log.owned_by("second") == 1; }));
    BOOST_TEST(log.await([&] { return log.finished_count() == 6; }));
    BOOST_TEST(!first->stop());
    BOOST_TEST(!second->stop());
    BOOST_TEST(log.finisher({topic, 0}, 1) == "first");
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

// Only an own gate of the second engine is open.
// The hook keeps the time that it has.
BOOST_FIXTURE_TEST_CASE(a_stop_in_the_middle_of_a_revocation_waits_for_the_hook, fixture)
{
    auto const first = join("first", 20s, let_go);
    BOOST_TEST(is_in_slow_hook());
    auto const second = join("second", 20s, let_go);
    BOOST_TEST(eventually([&] { return view.state() == "PreparingRebalance"; }));
    BOOST_TEST(!log.await([&] { return log.unfinished({topic, 0}) != 1; }, 1s));
    (*first)->stop();
    BOOST_TEST(!log.await([&] { return log.unfinished({topic, 0}) != 1; }, 500ms));
    let_go->store(true);
    BOOST_TEST(!first->wait());
    BOOST_TEST(log.await([&] { return log.finished_count() == 6; }));
    BOOST_TEST(!second->stop());
    BOOST_TEST(log.finisher({topic, 0}, 1) == "first");
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

// 1. A hook blocks the only thread. Another member joins meanwhile, so the group wants the partitions back, and the run
//    is asked to end.
// 2. The hook returns, and the stop is served before what the group wants. The group is left after both: what the hook
//    has done is committed.
BOOST_FIXTURE_TEST_CASE(a_stop_in_front_of_a_revocation_commits_what_is_done, fixture)
{
    auto settings = test_config(group);
    settings.commit.interval = 1h;
    settings.watcher = std::make_shared<journaling_observer>(log, "first");
    auto first = running_engine{"first", settings, [this](engine& e) { e.handle(topic, blocking_handler{*this}); }};
    BOOST_TEST(log.await([&] { return log.starts_of({topic, 0}, 1) == 1; }));
    auto const second = join("second", 20s, let_go);
    BOOST_TEST(eventually([&] { return view.state() == "PreparingRebalance"; }));
    // Over several of the heartbeats that tell the first one.
    BOOST_TEST(!log.await([&] { return log.unfinished({topic, 0}) != 1; }, 1s));
    first->stop();
    let_go->store(true);
    let_go->notify_all();
    BOOST_TEST(!first.wait());
    BOOST_TEST(log.await([&] { return log.finished_count() == 6; }));
    BOOST_TEST(!second->stop());
    BOOST_TEST(log.finisher({topic, 0}, 1) == "first");
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

BOOST_FIXTURE_TEST_CASE(a_hook_that_takes_too_long_is_cancelled_and_the_new_owner_handles_its_record, fixture)
{
    auto const first = join("first", 1s, let_go);
    BOOST_TEST(is_in_slow_hook());
    auto const second = join("second", 1s, std::make_shared<std::atomic<bool>>(true));
    BOOST_TEST(log.await([&] { return log.owned_by("first") == 1 && log.owned_by("second") == 1; }));
    BOOST_TEST(first->logged("a hook did not end in time"));
    if (log.starts_of({topic, 0}, 1) == 1)
        BOOST_TEST(log.await([&] { return log.starts_of({topic, 0}, 1) == 2; }));
    // Whoever got partition 0, nobody has finished the record of the cancelled hook before.
    BOOST_TEST(log.finisher({topic, 0}, 1) != "first");
    BOOST_TEST(log.committed_offset({topic, 0}) <= 2);
    let_go->store(true);
    BOOST_TEST(log.await([&] { return log.finished_count() == 6; }));
    BOOST_TEST(!first->stop());
    BOOST_TEST(!second->stop());
    BOOST_TEST(log.starts_of({topic, 0}, 1) >= 2U);
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

// A hook that blocks its thread cannot be cancelled. The engine gives the partition up all the same, and goes on.
BOOST_FIXTURE_TEST_CASE(a_hook_that_blocks_its_thread_does_not_keep_the_partition, fixture)
{
    auto settings = test_config(group);
    settings.revoke_timeout = 500ms;
    settings.watcher = std::make_shared<journaling_observer>(log, "first");
    auto first =
        running_engine{"first", std::move(settings), [&](engine& e) { e.handle(topic, blocking_handler{*this}); }, 2};
    BOOST_TEST(is_in_slow_hook());
    auto const second = join("second", 1s, std::make_shared<std::atomic<bool>>(true));
    auto const other_finishes = [&] { return log.await([&] { return log.owned_by("second") > 0; }); };
    BOOST_TEST(other_finishes());
    BOOST_TEST(first.logged("a hook did not end in time"));
    let_go->store(true);
    let_go->notify_all();
    BOOST_TEST(log.await([&] { return log.finished_count() == 6; }));
    BOOST_TEST(!first.stop());
    BOOST_TEST(!second->stop());
    BOOST_TEST((view.committed(topic, 2) == std::map<std::int32_t, std::int64_t>{{0, 3}, {1, 3}}));
}

BOOST_AUTO_TEST_SUITE(incremental_suite, *boost::unit_test::precondition(fit_to_cooperate))

// Whichever partition the second engine is to get, the first one keeps the other over the whole of it.
BOOST_FIXTURE_TEST_CASE(with_a_cooperative_group_only_the_partition_that_moves_is_given_back, fixture)
{
    more["partition.assignment.strategy"] = "cooperative-sticky";
    auto const first = join("first", 20s, let_go);
    BOOST_TEST(is_in_slow_hook());
    auto const second = join("second", 20s, let_go);
    BOOST_TEST(second->logged("assigned none", 10s));
    BOOST_TEST(!log.await([&] { return log.unfinished({topic, 0}) != 1; }, 1s));
    let_go->store(true);
    BOOST_TEST(log.await([&] { return log.owned_by("first") == 1 && log.owned_by("second") == 1; }));
    BOOST_TEST(log.await([&] { return log.finished_count() == 6; }));
    BOOST_TEST(!first->logged("revoked " + topic + "[0], "));
    BOOST_TEST(!first->stop());
    BOOST_TEST(!second->stop());
    BOOST_TEST(log.finisher({topic, 0}, 1) == "first");
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::revoke_test

// What becomes of a table when the group has given its partition to somebody else before this member hears of it.

#include "mock_cluster/mock_fixture.hpp"
#include "support/topic_reader.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <future>
#include <thread>
#include <tuple>

namespace paperboy::tables_lost_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::outcome_of_run;

constexpr std::int16_t heartbeat = 12;
constexpr int unknown_member = 25;

using text_table = table<std::string, std::string, text, text>;

[[nodiscard]] int next_of(test::watched<int>& tries)
{
    auto number = 0;
    tries.update([&](int& count) { number = ++count; });
    return number;
}

// The first try waits until it is cancelled, changes its table all the same, and takes its time for the rest: long
// enough for a change to be written. The next ones do not wait.
struct stubborn_handler
{
    text_table last;
    test::watched<int>& tries;

    asio::awaitable<void> on_message(record_view const& record)
    {
        auto const number = next_of(tries);
        if (number == 1)
            co_await wait(1h);
        last.shard(record).set("key", "try " + std::to_string(number));
        if (number == 1)
            co_await wait(1s);
    }

    static asio::awaitable<void> wait(std::chrono::milliseconds time)
    {
        co_await asio::this_coro::throw_if_cancelled(false);
        auto timer = asio::steady_timer{co_await asio::this_coro::executor, time};
        auto ignored = error_code{};
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
};

// Likewise, but the first try blocks its thread, and nobody can tell it anything. It changes its table so often, and
// for so long, that what it changes is sent before it returns.
struct blocking_handler
{
    text_table last;
    test::watched<int>& tries;
    std::shared_future<void> is_lost;

    void on_message(record_view const& record)
    {
        auto const number = next_of(tries);
        if (number == 1)
        {
            is_lost.wait();
            for (auto i = 0; i < 64; ++i)
            {
                last.shard(record).set("key", "late");
                std::this_thread::sleep_for(10ms);
            }
        }
        last.shard(record).set("key", "try " + std::to_string(number));
    }
};

// Likewise, but it waits for an acknowledgement that does not come.
struct waiting_handler
{
    text_table last;
    test::watched<int>& tries;
    std::shared_future<void> is_lost;

    void on_message(record_view const& record)
    {
        auto const number = next_of(tries);
        if (number == 1)
        {
            is_lost.wait();
            auto written = std::promise<error_code>{};
            auto const tell = [&](error_code error, produced const&) { written.set_value(error); };
            last.shard(record).async_set("key", "late", asio::bind_executor(asio::system_executor{}, tell));
            if (auto const error = written.get_future().get())
                throw boost::system::system_error{error};
        }
        last.shard(record).set("key", "try " + std::to_string(number));
    }
};

struct idle_handler
{
    void on_message(record_view const&) {}
};

struct lost_fixture : test::mock_fixture
{
    lost_fixture()
    {
        cluster.create_topic(changelog, partitions);
        options.changelog = changelog;
        produce(topic, 0, 1);
    }

    // Of a hook that has begun.
    void lose()
    {
        BOOST_TEST(tries.wait_until([](int count) { return count == 1; }), log);
        cluster.fail_requests(heartbeat, {unknown_member});
    }
    void expect_second_try_only(engine& consuming, outcome_of_run& run)
    {
        BOOST_TEST(tries.wait_until([](int count) { return count == 2; }), log);
        BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == 1; }), log);
        consuming.stop();
        BOOST_TEST(run.get() == error_code{});
        auto const written = test::read_topic(cluster.bootstrap_servers(), changelog, 1, partitions);
        BOOST_TEST_REQUIRE(written.size() == 1U);
        BOOST_TEST(written.front().value.value_or("") == "try 2");
    }

    std::string const changelog = topic + "-changelog";
    table_options options;
    test::watched<int> tries;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(tables_lost, lost_fixture)

// Its next owner may have changed the same keys by now. The hook is cancelled at once, not when its time is over.
BOOST_AUTO_TEST_CASE(what_a_hook_changes_after_its_partition_is_lost_is_not_written)
{
    auto chosen = settings();
    chosen.revoke_timeout = 10min;
    auto consuming = engine{io.context(), chosen};
    auto const last = consuming.make_table<std::string, std::string>("last", memory_store{}, options, text{}, text{});
    consuming.handle(topic, stubborn_handler{last, tries});
    auto run = outcome_of_run::start(consuming);
    lose();
    expect_second_try_only(consuming, run);
    BOOST_TEST(log.wait_for("lost "), log);
}

// Nor is the waiting in vain a failure of the hook, which would end the run.
using blocking_handlers = std::tuple<blocking_handler, waiting_handler>;

BOOST_AUTO_TEST_CASE_TEMPLATE(what_a_hook_changes_that_blocks_after_its_partition_is_lost_is_not_written, handler,
                              blocking_handlers)
{
    auto is_lost = std::promise<void>{};
    auto chosen = settings();
    chosen.revoke_timeout = 1s;
    auto consuming = engine{io.context(), chosen};
    auto const last = consuming.make_table<std::string, std::string>("last", memory_store{}, options, text{}, text{});
    consuming.handle(topic, handler{last, tries, is_lost.get_future().share()});
    auto run = outcome_of_run::start(consuming);
    lose();
    BOOST_TEST(log.wait_for("lost "), log);
    is_lost.set_value();
    expect_second_try_only(consuming, run);
}

// Nor is what it changes after the group was told that it may have the partition.
BOOST_AUTO_TEST_CASE(what_a_hook_changes_that_blocks_after_its_partition_was_given_up_is_not_written)
{
    auto is_lost = std::promise<void>{};
    auto chosen = settings();
    chosen.revoke_timeout = 1s;
    auto consuming = engine{io.context(), chosen};
    auto const last = consuming.make_table<std::string, std::string>("last", memory_store{}, options, text{}, text{});
    consuming.handle(topic, blocking_handler{last, tries, is_lost.get_future().share()});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(tries.wait_until([](int count) { return count == 1; }), log);
    // Another member, of another topic: all are assigned anew.
    auto const elsewhere = make_topic(1);
    auto theirs = settings();
    theirs.watcher = nullptr;
    auto other = engine{io.context(), theirs};
    other.handle(elsewhere, idle_handler{});
    auto other_run = outcome_of_run::start(other);
    BOOST_TEST(watcher->seen.wait_until([](auto const& all) { return !all.revoked.empty(); }), log);
    is_lost.set_value();
    expect_second_try_only(consuming, run);
    other.stop();
    BOOST_TEST(other_run.get() == error_code{});
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables_lost_test

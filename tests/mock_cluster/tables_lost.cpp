// What becomes of a table when the group has given its partition to somebody else before this member hears of it.

#include "mock_cluster/mock_fixture.hpp"
#include "support/topic_reader.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

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

// The first try waits until it is cancelled, changes its table all the same, and takes its time for the rest: long
// enough for a change to be written. The next ones do not wait.
struct stubborn_handler
{
    text_table last;
    test::watched<int>& tries;

    asio::awaitable<void> on_message(record_view const& record)
    {
        auto number = 0;
        tries.update([&](int& count) { number = ++count; });
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

} // namespace

BOOST_FIXTURE_TEST_SUITE(tables_lost, test::mock_fixture)

// Its next owner may have changed the same keys by now.
BOOST_AUTO_TEST_CASE(what_a_hook_changes_after_its_partition_is_lost_is_not_written)
{
    auto const changelog = topic + "-changelog";
    cluster.create_topic(changelog, partitions);
    auto options = table_options{};
    options.changelog = changelog;
    produce(topic, 0, 1);
    auto tries = test::watched<int>{};
    auto chosen = settings();
    chosen.revoke_timeout = 4s;
    auto consuming = engine{io.context(), chosen};
    auto const last = consuming.make_table<std::string, std::string>("last", memory_store{}, options, text{}, text{});
    consuming.handle(topic, stubborn_handler{last, tries});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(tries.wait_until([](int count) { return count == 1; }), log);
    cluster.fail_requests(heartbeat, {unknown_member});
    BOOST_TEST(tries.wait_until([](int count) { return count == 2; }), log);
    BOOST_TEST(log.wait_for("lost "), log);
    BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == 1; }), log);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    auto const written = test::read_topic(cluster.bootstrap_servers(), changelog, 1, partitions);
    BOOST_TEST_REQUIRE(written.size() == 1U);
    BOOST_TEST(written.front().value.value_or("") == "try 2");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables_lost_test

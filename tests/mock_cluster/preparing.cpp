// Partitions whose records wait for their serde.

#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace paperboy::preparing_test
{
namespace
{

using namespace std::chrono_literals;
using test::at_least;
using test::mock_fixture;
using test::outcome_of_run;
using test::watched;

// Text. The value "5" waits for ever.
struct waiting_text
{
    using value_type = std::string;

    explicit waiting_text(watched<int>& waits) : waits_{&waits} {}

    bool ready(bytes_view data) noexcept { return data.size() != 1 || data[0] != std::byte{'5'}; }
    boost::asio::awaitable<void> prepare(bytes_view)
    {
        waits_->update([](int& count) { ++count; });
        auto timer = boost::asio::steady_timer{co_await boost::asio::this_coro::executor, 1h};
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
    void decode(bytes_view data, std::string& out) const
    {
        out.assign(reinterpret_cast<char const*>(data.data()), data.size());
    }

private:
    watched<int>* waits_;
};

using seen_values = watched<std::vector<std::string>>;

struct plain_handler
{
    seen_values& seen;

    void on_message(record<std::string> const& record)
    {
        auto text = std::to_string(record.partition()) + ":" + record.value();
        seen.update([&](auto& all) { all.push_back(std::move(text)); });
    }
};

struct awaitable_handler
{
    seen_values& seen;

    boost::asio::awaitable<void> on_message(record<std::string> const& record)
    {
        plain_handler{seen}.on_message(record);
        co_return;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(preparing_suite, mock_fixture)

// 1. Partition 0 of each topic waits at its sixth record; partition 1 goes on.
// 2. A stop does not wait for what the serdes wait for, and commits what is finished.
BOOST_AUTO_TEST_CASE(a_partition_waits_for_its_serde_and_no_other_does)
{
    auto const plain = make_topic(2);
    auto const awaitable = make_topic(2);
    auto seen = seen_values{};
    auto waits = watched<int>{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(plain, waiting_text{waits}, plain_handler{seen});
    consuming.handle(awaitable, waiting_text{waits}, awaitable_handler{seen});
    for (auto const& each : {plain, awaitable})
    {
        produce(each, 0, 10);
        produce(each, 1, 5);
    }
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(waits.wait_until([](int count) { return count == 2; }), log);
    BOOST_TEST(seen.wait_until(at_least(20)), log);
    consuming.stop();
    auto const began = std::chrono::steady_clock::now();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST((std::chrono::steady_clock::now() - began < settings().shutdown_timeout));
    BOOST_TEST(seen.get().size() == 20U);
    BOOST_TEST(waits.get() == 2);
    auto const seen_by_watcher = watcher->seen.get();
    for (auto const& each : {plain, awaitable})
        BOOST_TEST((seen_by_watcher.committed()[{each, 0}]) == 5);
    BOOST_TEST(seen_by_watcher.hook_errors.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::preparing_test

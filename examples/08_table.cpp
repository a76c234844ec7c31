// Counting page views in a table: keyed state that is restored from its changelog whenever the program starts.
//
//     ./08_table

#include "support/run_until.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr long views_per_run = 900;

using view_counts = paperboy::table<std::string, std::int64_t>;

// The key is the page. A tombstone forgets it.
struct page_view_handler
{
    view_counts counts;

    void on_message(paperboy::record_view const& view) const
    {
        counts.shard(view).update(view.key(), [](auto seen) { return seen.value_or(0) + 1; });
    }
    void on_tombstone(paperboy::record_view const& view) const { counts.shard(view).erase(view.key()); }
};

void view_pages(paperboy::mock_cluster& cluster)
{
    for (auto i = 0L; i < views_per_run; ++i)
        cluster.produce("page-views", {.key = "/page/" + std::to_string(i % 3), .value = "GET"});
    cluster.flush();
}

// Looks at the table from outside of the hooks when all is counted.
asio::awaitable<void> show_counts(paperboy::engine& engine, view_counts counts)
{
    auto timer = asio::steady_timer{co_await asio::this_coro::executor};
    while (engine.stats().records < views_per_run)
    {
        timer.expires_after(20ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
    auto const found = co_await counts.async_scan("/page/", 10, asio::use_awaitable);
    for (auto const& [page, count] : found)
        std::cout << page << ": " << count << '\n';
    engine.stop();
}

// A program's life from its start to its end; what is in memory goes with it.
int run_once(paperboy::mock_cluster const& cluster)
{
    asio::io_context context;
    auto settings = examples::mock_config(cluster.bootstrap_servers());
    // The mock lets a group whose last member has left wait for a second less than the session's time-out.
    settings.properties.insert({{"session.timeout.ms", "4000"}, {"heartbeat.interval.ms", "500"}});
    paperboy::engine engine{context, settings};
    auto const counts = engine.make_table<std::string, std::int64_t>("views");
    engine.handle("page-views", page_view_handler{counts});
    asio::co_spawn(context, show_counts(engine, counts), asio::detached);
    return examples::run_until_signal(context, engine);
}

} // namespace

int main()
{
    // The changelog has as many partitions as the topic. On a real cluster the engine makes it.
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("page-views", 2);
    cluster.create_topic("views_changelog", 2);

    for (auto start = 1; start <= 3; ++start)
    {
        std::cout << "start " << start << '\n';
        view_pages(cluster);
        if (auto const result = run_once(cluster); result != 0)
            return result;
    }
    return 0;
}

// Awaitable hooks: while one partition waits for its database, the thread works for the others.
//
//     ./06_coroutines

#include "support/run_until.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>

namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr int partitions = 4;
constexpr int records = 40;

// Stands for a client of a database whose inserts take a while.
struct slow_database
{
    int running = 0;
    int most_running = 0;
    int inserted = 0;

    // The argument is by value: a coroutine's references must outlive its suspensions.
    asio::awaitable<void> insert(std::string /*row*/)
    {
        auto timer = asio::steady_timer{co_await asio::this_coro::executor, 20ms};
        most_running = std::max(most_running, ++running);
        co_await timer.async_wait(asio::use_awaitable);
        --running;
        ++inserted;
    }
};

struct row_handler
{
    slow_database& database;

    // The record stays valid until the awaitable has completed; the partition's next record waits for that.
    asio::awaitable<void> on_message(paperboy::record_view const& record)
    {
        // A named variable: g++ 12 destroys some temporaries inside co_await expressions twice.
        auto row = std::string{record.value()};
        co_await database.insert(std::move(row));
    }
};

} // namespace

int main()
{
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("rows", partitions);
    for (auto i = 0; i < records; ++i)
        cluster.produce("rows", {.value = std::to_string(i), .partition = i % partitions});
    cluster.flush();

    asio::io_context context;
    auto database = slow_database{};
    paperboy::engine engine{context, examples::mock_config(cluster.bootstrap_servers())};
    engine.handle("rows", row_handler{database});
    auto const result = examples::run_until(context, engine, records);

    std::cout << database.inserted << " rows inserted, up to " << database.most_running << " at once, by one thread\n";
    return result;
}

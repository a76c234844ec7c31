// A bulk handler: records come one by one while a partition is caught up, in bulks while it lags. Both ways it switches
// by itself; the engine's log says when and why. In a bulk, only the last record of each key is worth a row.
//
//     ./02_bulk localhost:9092 my-group my-topic

#include "support/run_until.hpp"

#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <exception>
#include <iostream>
#include <span>
#include <string>

namespace asio = boost::asio;

// Stands for a database: what counts is how many statements it is sent.
struct database
{
    std::size_t rows = 0;
    std::size_t statements = 0;

    void insert(std::size_t count)
    {
        rows += count;
        ++statements;
    }
};

struct bulk_handler
{
    database& db;

    void on_message(paperboy::record_view const&) { db.insert(1); }
    void on_bulk(std::span<paperboy::record_view const> bulk)
    {
        auto const last = paperboy::last_by_key(bulk);
        db.insert(last.values.size());
    }
};

int main(int argc, char** argv)
try
{
    if (argc != 4)
    {
        std::cerr << "usage: 02_bulk BOOTSTRAP_SERVERS GROUP TOPIC\n";
        return 2;
    }

    auto db = database{};
    auto policy = paperboy::mode_policy{};
    policy.enter_above_lag = 5'000;
    policy.leave_below_lag = 500;
    policy.max_records = 2'000;

    asio::io_context context;
    paperboy::engine engine{context, {.bootstrap_servers = argv[1], .group_id = argv[2], .mode = policy}};
    engine.handle(argv[3], bulk_handler{db});

    auto const status = examples::run_until_signal(context, engine);
    std::cout << db.rows << " rows in " << db.statements << " statements\n";
    return status;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}

#pragma once

// What the snippets of the README and the guide take for granted.

#include <paperboy/avro.hpp>
#include <paperboy/http.hpp>
#include <paperboy/json.hpp>
#include <paperboy/metrics.hpp>
#include <paperboy/mock_cluster.hpp>
#include <paperboy/msgpack.hpp>
#include <paperboy/paperboy.hpp>
#include <paperboy/rocksdb_store.hpp>
#include <paperboy/schema_registry.hpp>
#include <paperboy/testing.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/describe/class.hpp>

#include <rocksdb/options.h>

#include <unistd.h>

#include <cassert>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Stands for the reader's database.
struct transaction
{
    asio::awaitable<void> insert(std::string_view /*key*/, std::string_view /*value*/) { co_return; }
    asio::awaitable<void> erase(std::string_view /*key*/) { co_return; }
    asio::awaitable<void> commit() { co_return; }
    asio::awaitable<void> rollback() { co_return; }
};

struct database
{
    asio::awaitable<transaction> begin() { co_return transaction{}; }

    template <class Row>
    asio::awaitable<void> insert(Row /*row*/)
    {
        co_return;
    }
};

// Stands for the reader's handler.
struct order_handler
{
    database& db;

    asio::awaitable<void> on_message(paperboy::record_view const& order) { co_await db.insert(order.value()); }
};

inline void run(char const* name, void (*snippet)(asio::io_context&, paperboy::engine&, database&))
{
    std::cout << name << std::endl;
    asio::io_context context;
    paperboy::engine engine{context, {.bootstrap_servers = "127.0.0.1:1", .group_id = "readme"}};
    database db;
    snippet(context, engine, db);
}

#pragma once

#include <paperboy/shard_store.hpp>
#include <paperboy/table_options.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace paperboy::detail
{

// How the serdes of a shard get what they need before they can decode; null where they need nothing.
struct table_preparation
{
    // Whether an entry can be decoded. `serdes`: what make_serdes() has made.
    bool (*ready)(void* serdes, std::string_view key, std::optional<std::string_view> value) noexcept = nullptr;
    // Gets what is missing. The bytes, and the serdes, stay until it completes.
    boost::asio::awaitable<void> (*prepare)(void* serdes, std::string_view key,
                                            std::optional<std::string_view> value) = nullptr;
};

// What makes a table, but for its types.
struct table_setup
{
    std::string name;
    table_options options;
    // Null for tables in memory.
    std::shared_ptr<shard_store_provider> stores;
    // Makes the serdes of one shard.
    std::function<std::shared_ptr<void>()> make_serdes;
    table_preparation preparation = {};
};

} // namespace paperboy::detail

#pragma once

#include <paperboy/shard_store.hpp>
#include <paperboy/table_options.hpp>

#include <functional>
#include <memory>
#include <string>

namespace paperboy::detail
{

// What makes a table, but for its types.
struct table_setup
{
    std::string name;
    table_options options;
    // Null for tables in memory.
    std::shared_ptr<shard_store_provider> stores;
    // Makes the serdes of one shard.
    std::function<std::shared_ptr<void>()> make_serdes;
};

} // namespace paperboy::detail

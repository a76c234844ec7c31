#pragma once

#include "codec.hpp"
#include "command.hpp"
#include "connection.hpp"
#include "record_format.hpp"

#include <paperboy/rocksdb_inspect.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace paperboy::cli
{

struct table_options
{
    connection cluster;
    format_options formats;
    std::string directory;
    std::string table;
    std::optional<std::int32_t> partition;
    std::string key;
    std::string changelog;
    std::uint64_t count = 0;
    bool as_json = false;
};

/// The codecs of a table's keys and values; the subjects of Avro are those of its changelog.
[[nodiscard]] record_codecs codecs_of(table_options const& options, std::string const& table);

/// The changelog of a table: the one that was named, or the one that it has by default.
[[nodiscard]] std::string changelog_of(table_options const& options, std::string const& table);

/// The shards that the options ask for. Throws command_failed when there are none.
[[nodiscard]] std::vector<stored_shard> wanted_shards(rocksdb_inspection const& tables, table_options const& options);

/// Compares what is on the disk with its checksums, and with the changelog where brokers are named.
[[nodiscard]] exit_code verify_tables(table_options const& options);

} // namespace paperboy::cli

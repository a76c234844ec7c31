#pragma once

#include "throughput/samples.hpp"

#include <paperboy/config.hpp>
#include <paperboy/table_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace paperboy::bench
{

// What the command line asks for.
struct options
{
    std::string bootstrap_servers;
    std::vector<std::string> topics{"raw100", "json400", "raw1k"};
    std::vector<std::string> modes{"raw", "void", "awaitable"};
    // Of each topic's full size; or, when records is not 0, that many in each.
    double scale = 1;
    std::uint64_t records = 0;
    topic_layout layout;
    // So many topics of each kind, alike, which share the records and are consumed as one.
    std::int32_t copies = 1;
    // Only makes and fills the topics, and prints what they hold.
    bool fill_only = false;
    int rounds = 5;
    bool pin = true;
    int threads = 1;
    // What each hook, or raw's loop, works on a record on top of touching it.
    std::chrono::nanoseconds work{0};
    std::size_t batch_size = paperboy::config{}.batch_size;
    std::size_t memory_limit = paperboy::config{}.memory_limit;
    // Of tables on disk.
    std::size_t cache_bytes = paperboy::table_options{}.cache_bytes;
    paperboy::properties properties;
    std::chrono::seconds deadline{180};
    std::string json_file;
    std::string csv_file;
    bool help = false;

    // Of the child process that a run takes place in: what it consumes and how many records each partition has.
    std::string mode;
    std::string topic;
    std::vector<std::int64_t> partition_sizes;
    // A topic, empty so far, for what a run writes; no name for modes that write nothing.
    std::string output;

    // How many records all partitions have.
    [[nodiscard]] std::uint64_t total() const
    {
        return static_cast<std::uint64_t>(
            std::accumulate(partition_sizes.begin(), partition_sizes.end(), std::int64_t{0}));
    }
};

struct usage_error : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

// Throws usage_error.
[[nodiscard]] options parse_options(std::vector<std::string> const& arguments);

// The arguments of a child process that runs one mode on one topic.
[[nodiscard]] std::vector<std::string> child_arguments(options const& from, std::string const& mode,
                                                       std::string const& topic,
                                                       std::vector<std::int64_t> const& partition_sizes,
                                                       std::string const& output);

[[nodiscard]] std::string help_text();

} // namespace paperboy::bench

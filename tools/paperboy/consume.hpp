#pragma once

#include "codec.hpp"
#include "command.hpp"
#include "connection.hpp"
#include "record_format.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace paperboy::cli
{

/// The options of `paperboy consume`, which reads a topic, or is a member of a group (-G).
struct consume_options
{
    connection cluster;
    format_options formats;
    std::string topic;
    std::vector<std::string> topics;
    std::vector<std::int32_t> partitions;
    std::vector<std::string> places;
    std::string group;
    std::string joined_group;
    bool commit = false;
    bool until_end = false;
    std::uint64_t count = 0;
    std::string format;
    std::string key_delimiter;
    std::string delimiter = "\\n";
    bool show_offset = false;
    bool show_null = false;
    bool as_json = false;
    bool quiet = false;
    bool unbuffered = true;
};

/// Writes records to standard output as the options say.
class record_printer
{
public:
    /// Throws usage_error.
    explicit record_printer(consume_options const& options);

    /// Throws command_failed for a record that is not of the format.
    void print(record_view const& record);

private:
    consume_options const& options_;
    record_codecs codecs_;
    record_format format_;
    std::string line_;
};

/// With -G: joins the group, prints what its partitions get, and commits what was printed.
[[nodiscard]] exit_code consume_as_member(consume_options const& options);

} // namespace paperboy::cli

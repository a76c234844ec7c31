#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::test
{

using read_headers = std::vector<std::pair<std::string, std::optional<std::string>>>;

// A record as librdkafka reads it, without paperboy.
struct read_record
{
    std::int32_t partition = -1;
    std::int64_t offset = -1;
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::int64_t timestamp_ms = -1;
    read_headers headers;
};

// The records of a topic's partitions up to their ends, at least `count`, each partition's in its order; throws
// std::runtime_error when so many do not come.
[[nodiscard]] std::vector<read_record> read_topic(std::string const& servers, std::string const& topic,
                                                  std::size_t count, int partitions = 1);

// Their values.
[[nodiscard]] std::vector<std::string> read_values(std::string const& servers, std::string const& topic,
                                                   std::size_t count, int partitions = 1);

} // namespace paperboy::test

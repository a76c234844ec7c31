#pragma once

#include "record_format.hpp"

#include <paperboy/record.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy::cli
{

using optional_bytes = std::optional<std::string>;
using header_list = std::vector<std::pair<std::string, optional_bytes>>;

/// A record as it is to be sent.
struct draft
{
    optional_bytes key;
    optional_bytes value;
    header_list headers;
    std::optional<std::int32_t> partition;
    std::optional<timestamp> time;
};

/// The record of a line of `consume --json`; where it came from (topic, partition, offset) does not matter. Throws
/// command_failed, which names the field, for what would become another record.
[[nodiscard]] draft draft_of_line(std::string_view text, record_codecs const& codecs);

} // namespace paperboy::cli

#pragma once

#include <paperboy/logger.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paperboy
{

/// A log line taken apart, for logs that have fields: lines about a partition begin with `topic[partition]`, those
/// about a record with `topic[partition]@offset`, those that are librdkafka's with `librdkafka`. All of it is borrowed
/// from the line.
struct log_fields
{
    /// Whose line it is: "paperboy" or "librdkafka".
    std::string_view source = "paperboy";

    /// The topic that it is about; empty: none.
    std::string_view topic = {};

    /// The partition, 0 or greater.
    std::optional<std::int32_t> partition = {};

    /// The record's offset, 0 or greater.
    std::optional<std::int64_t> offset = {};

    /// What it says, without what is in the fields.
    std::string_view text = {};
};

/// Takes a line apart that was given to a `logger`'s function.
[[nodiscard]] log_fields fields_of(std::string_view line) noexcept;

/// The line as one JSON object without a line end, for logs that are collected as such:
/// `{"level":"warning","source":"paperboy","topic":"orders","partition":3,"offset":17,"text":"..."}`, without what it
/// has not. Bytes that are not UTF-8 become question marks.
[[nodiscard]] std::string json_line(log_level level, std::string_view line);

} // namespace paperboy

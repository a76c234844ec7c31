#pragma once

#include "output.hpp"

#include <cstdint>
#include <string>
#include <string_view>

// What avro_json_writer is made of.
namespace paperboy::cli
{

/// Throws command_failed. `place`: as of a JSON pointer; empty: the whole value.
[[noreturn]] void fail_avro(std::string const& place, std::string_view expected, json const& found);

/// Zigzag: numbers near zero are short.
void write_avro_long(std::int64_t number, std::string& out);

/// Writes what `consume` shows of a logical type: "-12.50", "2024-02-29", "12:00:00.123", a UUID, a duration. `type` is
/// that of the schema. False where there is none, or one that has no effect, and for the numbers that dates and times
/// outside the years 0 to 9999 are shown as: it is the type underneath that is to be written.
[[nodiscard]] bool write_avro_logical(json const& value, json const& schema, std::string const& type,
                                      std::string const& place, std::string& out);

} // namespace paperboy::cli

#pragma once

#include "output.hpp"

#include <map>
#include <string>
#include <string_view>

namespace paperboy::cli
{

/// Writes JSON as Avro, by a schema: what `paperboy consume -s avro` shows, `produce` takes.
///
/// Fields that are missing get their defaults. A value of a union is written as its first branch that can hold it;
/// {"BRANCH": value}, as Avro's own JSON has it, names one. Bytes are texts with a character for each byte. Of logical
/// types, timestamps and dates may be texts as ISO 8601 has them; everything else is written as the type underneath.
class avro_json_writer
{
public:
    /// Throws command_failed when the schema is none.
    explicit avro_json_writer(std::string_view schema);
    avro_json_writer(avro_json_writer const&) = delete;
    avro_json_writer& operator=(avro_json_writer const&) = delete;

    /// Appends to `out`. Throws command_failed, with the place in the value.
    void write(json const& value, std::string& out) const;

private:
    void collect(json const& schema, std::string const& space);
    [[nodiscard]] json const& resolve(json const& schema, std::string const& space) const;
    void write(json const& value, json const& schema, std::string const& space, std::string const& place,
               std::string& out) const;
    void write_named(json const& value, json const& schema, std::string const& type, std::string const& space,
                     std::string const& place, std::string& out) const;
    void write_record(json const& value, json const& schema, std::string const& space, std::string const& place,
                      std::string& out) const;
    void write_union(json const& value, json const& branches, std::string const& space, std::string const& place,
                     std::string& out) const;

    json schema_;
    // Parts of schema_.
    std::map<std::string, json const*, std::less<>> named_;
};

} // namespace paperboy::cli

#pragma once

#include "output.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::cli
{

/// Writes JSON as Avro, by a schema: what `paperboy consume -s avro` shows, `produce` takes. What would come out as
/// another value is an error that names its place.
///
/// - Fields that are missing get their defaults; there may be no others than the schema's.
/// - Logical types are as they are shown: decimals and UUIDs texts, dates and times texts as ISO 8601 has them, or, as
///   those outside the years 0 to 9999 are shown, numbers; durations objects.
/// - Bytes are texts with a character for each byte. NaN and infinity are the texts "NaN", "Infinity", "-Infinity".
/// - A value of a union is written as the branch that can hold it; a number as the first that holds it exactly. Where
///   several can, {"BRANCH": value}, as Avro's own JSON has it, names one.
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
    // Where a value stands.
    struct spot
    {
        // Of the schema's names.
        std::string space;
        // In the value, as a JSON pointer.
        std::string place;
        // Within a field's default: there, logical types are as what is underneath, and the first branch holds it.
        bool in_default = false;

        [[nodiscard]] spot at(std::string const& step) const { return {space, place + '/' + step, in_default}; }
    };
    // What a value is as one branch of a union.
    struct candidate
    {
        std::string branch;
        // Among numbers, the least is chosen; nothing: it is no number.
        std::optional<int> rank;
        std::string bytes;
    };

    void collect(json const& schema, std::string const& space);
    [[nodiscard]] json const& resolve(json const& schema, std::string const& space) const;
    void write(json const& value, json const& schema, spot const& where, std::string& out) const;
    void write_named(json const& value, json const& schema, std::string const& type, spot const& where,
                     std::string& out) const;
    void write_record(json const& value, json const& schema, spot const& where, std::string& out) const;
    void write_items(json const& value, json const& schema, std::string const& type, spot const& where,
                     std::string& out) const;
    void write_union(json const& value, json const& branches, spot const& where, std::string& out) const;
    [[nodiscard]] std::vector<candidate> candidates_for(json const& value, json const& branches,
                                                        spot const& where) const;
    // Nothing where the branch cannot hold the value.
    [[nodiscard]] std::optional<std::string> attempt(json const& value, json const& branch, spot const& where) const;
    [[nodiscard]] static candidate const& chosen_of(std::vector<candidate> const& all, json const& value,
                                                    spot const& where);

    json schema_;
    // Parts of schema_.
    std::map<std::string, json const*, std::less<>> named_;
};

} // namespace paperboy::cli

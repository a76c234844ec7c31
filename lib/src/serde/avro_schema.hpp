#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::serde
{

enum class avro_kind : std::uint8_t
{
    null,
    boolean,
    int32,
    int64,
    float32,
    float64,
    bytes,
    string,
    record,
    enumeration,
    array,
    map,
    alternatives,
    fixed,
};

// What the bytes mean beyond their kind; those that paperboy does not know are none.
enum class avro_logical : std::uint8_t
{
    none,
    decimal,
    uuid,
    date,
    time_millis,
    time_micros,
    timestamp_millis,
    timestamp_micros,
    timestamp_nanos,
    duration,
};

// A schema's nodes refer to each other by index: names that are used again are the same node, so recursion needs no
// care.
using avro_index = std::uint32_t;

struct avro_field
{
    std::string name;
    std::vector<std::string> aliases;
    avro_index node = 0;
};

struct avro_node
{
    avro_kind kind = avro_kind::null;
    avro_logical logical = avro_logical::none;
    // Full, of records, enums and fixed.
    std::string name;
    std::vector<avro_field> fields;
    std::vector<std::string> symbols;
    // One of them, for readers of symbols that are not; or empty.
    std::string default_symbol;
    // Of a union.
    std::vector<avro_index> branches;
    // Of an array's items, or a map's values.
    avro_index element = 0;
    // Of a fixed.
    std::size_t size = 0;
    int scale = 0;
};

// Text that is no schema, or one beyond the limits.
class avro_schema_error : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

// A schema, parsed. Limits: 4 MiB of text, 64 levels, 65,536 nodes, full names of 4 KiB and 16 MiB in all, 1,000 digits
// of a decimal: one of more, like one without a precision or with more digits behind its point than in all, is the
// bytes that it annotates.
class avro_schema
{
public:
    // `known` are texts whose names this one may use, in an order in which each uses only earlier ones.
    explicit avro_schema(std::string_view text, std::vector<std::string> const& known = {});

    [[nodiscard]] avro_node const& operator[](avro_index index) const { return nodes_[index]; }
    [[nodiscard]] avro_index root() const noexcept { return root_; }
    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }

private:
    friend class avro_schema_parser;

    std::vector<avro_node> nodes_;
    avro_index root_ = 0;
};

// By the unqualified names of enums, their default symbols.
using enum_defaults = std::map<std::string, std::string, std::less<>>;
[[nodiscard]] enum_defaults defaults_of_enums(avro_schema const& schema);

// Whether a decimal's bytes can be those of a number within the limit.
[[nodiscard]] bool is_decimal(std::string_view unscaled);

// For sentences: "long", "timestamp-millis", "record com.example.order", "union".
[[nodiscard]] std::string describe(avro_node const& node);

// What is behind the last dot.
[[nodiscard]] std::string_view unqualified(std::string_view name);

} // namespace paperboy::serde

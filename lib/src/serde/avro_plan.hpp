#pragma once

#include "serde/avro_schema.hpp"

#include <paperboy/detail/avro_type.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace paperboy::serde
{

// What a step of a plan does. "into" is the object at the step's offset.
enum class avro_op : std::uint8_t
{
    // The routine ends.
    end,
    // Bytes that cannot become the type: fails with the text at `target`.
    fail,

    read_boolean,
    // A long into std::int64_t, and one that is checked against an integer of another size.
    read_long,
    read_integer,
    read_float,
    read_double,
    float_to_double,
    long_to_float,
    long_to_double,
    read_text,
    read_text_view,
    read_bytes,
    read_bytes_view,
    // `extra` bytes.
    read_fixed,
    fixed_to_bytes,
    fixed_to_bytes_view,
    // By the table of values at `target`.
    read_enum,
    // By the scale at `target`, into a count of type->size bytes.
    read_count,
    uuid_from_text,
    // A decimal out of bytes with a length in front, or of `target` bytes; `extra` is the scale.
    decimal_from_bytes,
    decimal_from_fixed,
    read_duration,

    // Routine `target` for each item or value.
    read_array,
    read_map,
    // A union's branch, by the table of routines at `target`.
    read_union,
    // A union of null, which is branch `extra`, and one other, read by routine `target`, into an optional.
    read_nullable,
    // Routine `target` into the value of an optional, or of the alternative `extra` of a variant.
    engage,
    emplace,
    // No value.
    reset,
    // Routine `target` into the object, or nowhere for one that skips.
    call,
    // The member's default.
    set_default,

    skip_long,
    skip_bytes,
    // `extra` bytes.
    skip_fixed,
    skip_array,
    skip_map,
    skip_union,
};

struct avro_step
{
    avro_op op = avro_op::end;
    std::uint32_t offset = 0;
    std::uint32_t target = 0;
    std::uint32_t extra = 0;
    detail::avro_type const* type = nullptr;
    void (*set_default)(void*) = nullptr;
};

// value · times / by, rounded down.
struct avro_scale
{
    std::int64_t times = 1;
    std::int64_t by = 1;
};

// How records written with one schema become objects of one type. Routines are numbered by where they begin; each ends
// with `end`. The first begins at 0.
struct avro_plan
{
    std::vector<avro_step> steps;
    // Of each step: what is read, for errors, such as "items[].price".
    std::vector<std::string> paths;
    std::vector<std::vector<std::uint32_t>> unions;
    std::vector<std::vector<std::optional<std::int64_t>>> enums;
    std::vector<avro_scale> scales;
    std::vector<std::string> failures;
};

// Throws avro_schema_error when records of the schema cannot become such objects; the text says where and why.
// `defaults` are for enums whose types have none.
[[nodiscard]] avro_plan compile(avro_schema const& writer, detail::avro_type const& reader,
                                enum_defaults const& defaults = {});

struct avro_limits
{
    // Of routines in each other, which recursive types need.
    std::uint32_t depth = 64;
    // Of arrays and maps, in all, in one record.
    std::uint64_t items = 1'000'000;
};

// Throws decode_error that names the place in the record and in its bytes.
void run(avro_plan const& plan, std::span<std::byte const> data, void* into, avro_limits const& limits);

} // namespace paperboy::serde

#pragma once

#include "serde/avro_plan.hpp"
#include "serde/avro_schema.hpp"

#include <paperboy/detail/avro_type.hpp>

#include <cstdint>
#include <optional>
#include <string>

// What of a writer's schema goes with what of a type.
namespace paperboy::serde
{

// For sentences: "an integer of 32 bits", "the struct example.order".
[[nodiscard]] std::string describe(detail::avro_type const& type);

// Units per second that a logical type counts in; nothing for other types.
[[nodiscard]] std::optional<std::int64_t> units_of(avro_logical logical, detail::avro_shape shape);

// The step that reads such a value, without its place and its type; nothing when it cannot become that.
[[nodiscard]] std::optional<avro_step> scalar_step(avro_node const& node, detail::avro_type const& type);

// Whether a node, which is no union, may be read into such a type: as far as can be seen without its parts.
[[nodiscard]] bool can_become(avro_node const& node, detail::avro_type const& type);

// Whether that is so without a promotion; records and enums have the same name.
[[nodiscard]] bool is_same(avro_node const& node, detail::avro_type const& type);

} // namespace paperboy::serde

#pragma once

#include <paperboy/detail/avro_type.hpp>

#include <string>

namespace paperboy::serde
{

// The schema that says what a type says. Throws avro_schema_error for types that do not say enough: decimals.
[[nodiscard]] std::string schema_text(detail::avro_type const& type);

} // namespace paperboy::serde

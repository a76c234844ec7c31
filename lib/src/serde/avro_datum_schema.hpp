#pragma once

#include "serde/avro_schema.hpp"

#include <paperboy/schema_registry.hpp>

#include <utility>

namespace paperboy::detail
{

// A writer's schema, as its data need it.
class avro_datum_schema
{
public:
    avro_datum_schema(serde::avro_schema parsed, schema_ptr from) : tree{std::move(parsed)}, writer{std::move(from)} {}

    serde::avro_schema tree;
    schema_ptr writer;
};

} // namespace paperboy::detail

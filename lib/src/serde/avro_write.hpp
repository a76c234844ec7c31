#pragma once

#include "serde/avro_schema.hpp"

#include <paperboy/detail/avro_type.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::serde
{

// How one part of a schema is written out of objects of one type. Parts refer to each other by index.
struct avro_part
{
    avro_node const* node = nullptr;
    detail::avro_type const* type = nullptr;
    // Of a record, in the schema's order: where the member is, and its part.
    std::vector<std::pair<std::size_t, std::uint32_t>> members;
    // Of an array, a map, or an optional without a union: the part of the element. Of a type that a union's branch
    // takes: that branch's.
    std::uint32_t element = 0;
    // Of a union: the branch for null (of an optional), and for the value.
    std::uint32_t null_branch = 0;
    std::uint32_t branch = 0;
    // Of a variant: by alternative, the branch and its part; without a union the branch means nothing.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> alternatives;
};

// Writes objects of one type by one schema.
class avro_writer
{
public:
    // Throws avro_schema_error when the schema cannot hold such objects. `type` has to outlive the writer.
    avro_writer(avro_schema schema, detail::avro_type const& type);

    // Appends. Throws encode_error for values that the schema cannot hold.
    void write(void const* object, std::string& out) const;

    [[nodiscard]] avro_schema const& schema() const noexcept { return schema_; }

private:
    avro_schema schema_;
    std::vector<avro_part> parts_;
};

} // namespace paperboy::serde

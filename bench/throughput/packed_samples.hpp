#pragma once

#include "throughput/samples.hpp"

namespace paperboy::bench
{

// The records of json400 as MessagePack, and as Avro by avro_page_schema() without anything in front.
void make_msgpack(std::uint64_t number, std::uint64_t total, sample& out);
void make_avro(std::uint64_t number, std::uint64_t total, sample& out);

[[nodiscard]] std::string const& avro_page_schema();

} // namespace paperboy::bench

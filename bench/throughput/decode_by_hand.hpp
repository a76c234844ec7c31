#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace paperboy::bench
{

// Each decodes the records of a topic one by one, and tells page_view::sum() of them: simdjson's On-Demand for json400,
// nlohmann-json for msgpack400, avro-c's generic reader for avro400.
class json_by_hand
{
public:
    json_by_hand();
    ~json_by_hand();
    json_by_hand(json_by_hand const&) = delete;
    json_by_hand& operator=(json_by_hand const&) = delete;

    [[nodiscard]] std::uint64_t decode(std::string_view value);

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

class msgpack_by_hand
{
public:
    [[nodiscard]] std::uint64_t decode(std::string_view value);
};

class avro_by_hand
{
public:
    avro_by_hand();
    ~avro_by_hand();
    avro_by_hand(avro_by_hand const&) = delete;
    avro_by_hand& operator=(avro_by_hand const&) = delete;

    [[nodiscard]] std::uint64_t decode(std::string_view value);

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

} // namespace paperboy::bench

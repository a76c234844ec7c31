#pragma once

#include <paperboy/detail/avro_decoder.hpp>
#include <paperboy/detail/avro_type.hpp>
#include <paperboy/schema_registry.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace paperboy
{

/// Under which subject of the registry a schema is registered.
enum class subject_name
{
    /// The topic's name, with "-key" or "-value".
    topic,
    /// The record's full name.
    record,
    /// The topic's name, "-", and the record's full name.
    topic_record,
};

/// Which part of a record a serde is for.
enum class record_part
{
    key,
    value,
};

namespace detail
{

class avro_outlet;

// Encodes objects of one type as Avro in Confluent's wire format. Copies share what was registered.
class avro_encoder
{
public:
    // `schema`: empty for the one that the type describes.
    avro_encoder(schema_registry registry, avro_type const& type, std::string schema, subject_name naming,
                 record_part part);

    // The schema's text. Throws setup_error when there is none for the type.
    [[nodiscard]] std::string const& schema() const;

    // Registers the schema; encode() may be called from then on, and what it writes can be read by `reader`.
    boost::asio::awaitable<std::int32_t> add(std::string topic, avro_decoder reader) const;

    // Throws encode_error.
    void encode(void const* object, std::string& out) const;

    [[nodiscard]] schema_registry const& registry() const noexcept { return registry_; }

private:
    schema_registry registry_;
    std::shared_ptr<avro_outlet> outlet_;
};

} // namespace detail
} // namespace paperboy

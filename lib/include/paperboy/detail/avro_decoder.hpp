#pragma once

#include <paperboy/detail/avro_type.hpp>
#include <paperboy/record.hpp>
#include <paperboy/schema_registry.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace paperboy::detail
{

class avro_plans;
class avro_compiled;

// Decodes Avro in Confluent's wire format into objects of one type. Copies share the plans, one for each schema that
// was met; each remembers the last one it used.
class avro_decoder
{
public:
    // `own_schema`: that of the type, where it has a text; of it, the defaults of enums count. Throws setup_error for
    // limits outside their range.
    avro_decoder(schema_registry registry, avro_type const& type, std::string const& own_schema,
                 std::uint32_t max_depth, std::uint64_t max_items);

    // Whether decode() needs no prepare() first; also for bytes that it will refuse anyway.
    [[nodiscard]] bool ready(bytes_view data) noexcept;

    // Fetches the schema and compiles its plan. Throws decode_error that names the id; registry_error where the
    // registry could not be asked.
    boost::asio::awaitable<void> prepare(bytes_view data);

    // Knows this schema from now on, of which nothing has to be fetched. Of any copy; thread-safe.
    void know(std::int32_t id, std::string text) const;

    // Throws decode_error, also where the schema is not there.
    void decode(bytes_view data, void* into);

private:
    [[nodiscard]] avro_compiled const* find(std::int32_t id);

    std::shared_ptr<avro_plans> plans_;
    std::shared_ptr<avro_compiled const> last_;
};

} // namespace paperboy::detail

#pragma once

#include <paperboy/detail/avro_decoder.hpp>
#include <paperboy/detail/avro_encoder.hpp>
#include <paperboy/detail/avro_type.hpp>
#include <paperboy/schema_registry.hpp>
#include <paperboy/serde.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace paperboy
{

/// How records are written, and limits for reading what may be hostile.
struct avro_options
{
    /// The schema that records are written with; empty: the one that the type describes. When records are read, the
    /// `default` of its enums stands for symbols that they lack.
    std::string schema = {};

    /// Under which subject it is registered, and for which part of a record.
    subject_name subject = subject_name::topic;
    /// Which part of a record it is: its value or its key.
    record_part part = record_part::value;

    /// How deep records may be nested by types that contain themselves. 1 to 1,000.
    std::uint32_t max_depth = 64;

    /// How many items the arrays and maps of one record may have in all. 1 to 1,000,000,000.
    std::uint64_t max_items = 1'000'000;
};

/// The serde of Avro keys and values in Confluent's wire format: a byte 0, the schema's id, the body.
///
/// `T` is one of these, or a struct of them that BOOST_DESCRIBE_STRUCT describes. What the writer's schema has under
/// the same name is read into it; fields that `T` lacks are skipped; members that the schema lacks are empty where they
/// are a `std::optional`, and else need a default (see `avro_traits`). Of the writer's Avro, `T` reads:
///
/// - described struct: record
/// - `bool`: boolean
/// - integers, but for characters: int, long; the value must be within the range
/// - `float`, `double`: float, int, long; `double` also double
/// - `std::string`, `std::string_view`: string, bytes; the view borrows from the record
/// - `std::vector<std::byte>`, `std::span<std::byte const>`: bytes, string, fixed; the span borrows from the record
/// - `std::array<std::byte, N>`: fixed of N bytes
/// - described enum: enum, by the symbols' names; for those that it lacks its default (see `avro_traits`), or that of
///   the enum of the same name in `avro_options::schema`
/// - `std::vector<T>`, `std::deque<T>`: array
/// - `std::map<std::string, T>`, `std::unordered_map`: map
/// - `std::optional<T>`: union of null and what `T` reads; null; or what `T` reads
/// - `std::variant<T...>`, with `std::monostate` for null: union, or one of its branches; the alternative of the same
///   type and name, else the first that can be read
/// - `std::chrono::sys_time` of any unit, so `sys_days`: timestamp-millis, -micros, -nanos, local-timestamp-…, date; a
///   plain long counts the type's own unit
/// - `std::chrono::duration` of any unit: time-millis, time-micros, since midnight
/// - `boost::uuids::uuid`: uuid, a string or a fixed of 16 bytes
/// - `avro_decimal`, `avro_duration`: decimal, of up to 1,000 digits, and duration
///
/// Units finer than the type's are cut off. Whether text is UTF-8 is not checked when it is read. A union that has
/// branches which `T` cannot hold is an error only for records that have them.
///
/// The writer's schema is compiled once into a plan of steps, so that a record costs no look-ups by name; copies of the
/// serde share the plans. The first record of a schema that is not cached waits for the registry (`prepare`); only its
/// partition does.
///
/// A record whose schema's id is unknown or does not fit to `T`, or whose bytes do not fit to the schema, ends in a
/// `decode_error`: with the id, or with the place in the record and in its bytes. One whose schema could not be asked
/// for, because the registry is away or refuses, ends in a `registry_error`: `handler_options::on_undecodable` does not
/// take it for a wrong one.
template <class T>
class avro
{
public:
    /// What it reads and writes.
    using value_type = T;

    /// Throws `setup_error` for options outside their range.
    explicit avro(schema_registry registry, avro_options const& options = {})
        : decoder_{registry, detail::avro_type_of<T>(), options.schema, options.max_depth, options.max_items},
          encoder_{std::move(registry), detail::avro_type_of<T>(), options.schema, options.subject, options.part}
    {
    }

    /// Whether `decode` can go ahead: the schema is there, or `data` is wrong anyway.
    [[nodiscard]] bool ready(bytes_view data) noexcept { return decoder_.ready(data); }

    /// Fetches what `decode` needs, and throws what stands in the way. `data` and this object have to stay until it
    /// completes.
    boost::asio::awaitable<void> prepare(bytes_view data) { return decoder_.prepare(data); }

    /// Reads `data` into `out`, whose memory is reused. After an exception `out` is unspecified, but may be used for
    /// the next record.
    void decode(bytes_view data, T& out) { decoder_.decode(data, &out); }

    /// The schema that records are written with: that of the options, or the one that `T` describes. Throws
    /// `setup_error` (`errc::invalid_schema`) when `T` cannot be written with it, or describes none: decimals have
    /// their scale in a schema only.
    ///
    /// Of a described struct it is a record named as in `avro_traits`, with a field for each member; optional ones are
    /// a union of null and the rest, null by default.
    [[nodiscard]] std::string const& schema() const { return encoder_.schema(); }

    /// Registers the schema for a topic and completes with its id, as `schema_registry::async_register` does; from then
    /// on this object and its copies `encode`, and decode what they have encoded. Call it at the start; it may be
    /// called again.
    ///
    /// Throws `setup_error` as `schema()` does, out of the operation.
    template <class Token>
    // NOLINTNEXTLINE(modernize-use-nodiscard): callbacks have nothing to return
    auto async_register(std::string topic, Token&& token) const
    {
        return detail::start_registry_operation(encoder_.registry(), encoder_.add(std::move(topic), decoder_),
                                                std::forward<Token>(token));
    }

    /// Appends `value` in the wire format. Throws `encode_error` before `async_register` has completed, and for values
    /// that the schema cannot hold: numbers out of range, enumerators without a symbol, decimals of another scale, text
    /// that is not UTF-8 for a string or as a map's key.
    void encode(T const& value, std::string& out) const { encoder_.encode(&value, out); }

private:
    detail::avro_decoder decoder_;
    detail::avro_encoder encoder_;
};

} // namespace paperboy

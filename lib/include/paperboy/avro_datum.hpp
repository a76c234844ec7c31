#pragma once

#include <paperboy/avro.hpp>

#include <boost/uuid/uuid.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy
{

/// What a value of an `avro_datum` is. Unions are not shown: a value is that of the branch which the record has.
enum class avro_datum_kind : std::uint8_t
{
    null,
    boolean,
    integer,  // int, long
    floating, // float, double
    text,     // string, enum
    bytes,    // bytes, fixed
    record,
    array,
    map,
};

class avro_datum;

namespace detail
{

class avro_datum_schema;

// One value of a record. Values lie in the order of the record, a container in front of its items.
struct avro_cell
{
    std::uint32_t node = 0;   // of the schema
    std::uint32_t extent = 1; // cells, with those of the items
    std::int64_t number = 0;  // also an enum's symbol
    double real = 0;
    std::string_view bytes;
    std::string_view key; // in a map
};

} // namespace detail

/// One value of an `avro_datum`: a number, a text, a record, and so on. A handle, valid as long as the datum, and as
/// the record that it was decoded from.
///
/// The functions that return a value of some type throw `decode_error` when this is another one; the text says what was
/// expected and what was found.
class avro_value
{
public:
    /// No value: what look-ups of absent fields give. Only `bool` and comparing kinds make sense of it.
    avro_value() = default;

    /// Whether there is a value; a null is one.
    [[nodiscard]] explicit operator bool() const noexcept { return cell_ != nullptr; }

    /// What kind of value it is.
    [[nodiscard]] avro_datum_kind kind() const;

    /// The writer's word for the type, such as "long", "timestamp-millis", "record com.example.order".
    [[nodiscard]] std::string type() const;

    /// Whether it is null.
    [[nodiscard]] bool null() const { return kind() == avro_datum_kind::null; }
    /// Of a boolean.
    [[nodiscard]] bool boolean() const;
    /// Of an int or a long, of whatever logical type.
    [[nodiscard]] std::int64_t integer() const;

    /// Of an integer too.
    [[nodiscard]] double number() const;

    /// Of a string, or the symbol of an enum. As it is in the record: UTF-8 is not checked.
    [[nodiscard]] std::string_view text() const;

    /// Of bytes or a fixed, or of a string.
    [[nodiscard]] bytes_view bytes() const;

    // Logical types; what they are made of can be had by the functions above too.

    /// Of a timestamp or a date; nanoseconds are cut off.
    [[nodiscard]] std::chrono::sys_time<std::chrono::microseconds> time() const;
    /// Of a time-millis or time-micros, since midnight.
    [[nodiscard]] std::chrono::microseconds time_of_day() const;
    /// Of a decimal.
    [[nodiscard]] avro_decimal decimal() const;
    /// Of a duration.
    [[nodiscard]] avro_duration duration() const;
    /// Of a uuid.
    [[nodiscard]] boost::uuids::uuid uuid() const;

    /// How many fields, items or entries it has; of others 0.
    [[nodiscard]] std::size_t size() const;

    /// A record's field, or the value of a map's key. No value if it has none of that name.
    [[nodiscard]] avro_value operator[](std::string_view name) const;

    /// An array's item, a record's field, a map's entry, by its number. Costs as much as passing over those before it:
    /// for all of them use `for_each`. No value if it has less.
    [[nodiscard]] avro_value operator[](std::size_t index) const;

    /// The value at a place as errors name it: "items/3/price", by fields, keys and indices; with no path
    /// this one. No value if there is none.
    [[nodiscard]] avro_value at(std::string_view path) const;

    /// Calls `each(name, value)` for the fields of a record, the entries of a map, or the items of an array, which have
    /// no names.
    template <class F>
    void for_each(F each) const
    {
        auto const count = size();
        auto const* item = cell_ + 1;
        for (std::size_t index = 0; index < count; item += item->extent, ++index)
            each(name_of(*item, index), avro_value{*schema_, *item});
    }

    /// Appends it as JSON without white space. Never fails for want of a way to say something:
    ///
    /// - a union is the value of its branch, an enum its symbol
    /// - timestamps are text such as "2024-02-29T12:00:00.123Z", dates "2024-02-29", times "12:00:00.123"; those
    ///   outside the years 0 to 9999 are numbers
    /// - decimals are text such as "-12.50", UUIDs their text, durations an object
    /// - bytes, strings that are not UTF-8, and what claims to be a decimal but has more than 1,000 digits, are text
    /// with
    ///   a character for each byte, as in Avro's own JSON
    /// - NaN and infinity are the texts "NaN", "Infinity", "-Infinity"
    void write_json(std::string& out) const;
    /// The same as a text of its own.
    [[nodiscard]] std::string to_json() const;

private:
    friend class avro_datum;

    avro_value(detail::avro_datum_schema const& schema, detail::avro_cell const& cell) noexcept
        : schema_{&schema}, cell_{&cell}
    {
    }

    [[nodiscard]] std::string_view name_of(detail::avro_cell const& item, std::size_t index) const;
    [[noreturn]] void fail(std::string_view expected) const;

    detail::avro_datum_schema const* schema_ = nullptr;
    detail::avro_cell const* cell_ = nullptr;
};

/// An Avro record of any schema, for programs that do not know it beforehand: routers, dead letters, tools that print.
/// `avro<avro_datum>` is its serde, with all that `avro` says of schemas, limits and errors; it decodes only.
///
///     void on_message(paperboy::record<paperboy::avro_datum> const& record)
///     {
///         auto const price = record.value().root().at("items/0/price");
///         std::cout << record.value().to_json() << '\n';
///     }
///
/// Made by paperboy's own decoder rather than by avro-c, which the library does not link: avro-c's generic values cost
/// an allocation each and its readers trust sizes and nesting, where this one has the limits of `avro_options` and
/// reuses its memory. Texts and bytes are borrowed from the record.
class avro_datum
{
public:
    /// The record. No value before the first decoding.
    [[nodiscard]] avro_value root() const noexcept
    {
        return cells_.empty() ? avro_value{} : avro_value{*schema_, cells_.front()};
    }

    /// A field of the record, see `avro_value`.
    [[nodiscard]] avro_value operator[](std::string_view name) const { return root()[name]; }

    /// The schema that it was written with, and its id; null before the first decoding.
    [[nodiscard]] schema_ptr writer_schema() const;

    /// See `avro_value::write_json`; "null" before the first decoding.
    [[nodiscard]] std::string to_json() const;

    /// For the library: takes a record that the decoder has checked.
    void assign(std::shared_ptr<detail::avro_datum_schema const> schema, bytes_view body, std::uint32_t max_depth,
                std::uint64_t max_items);

private:
    std::shared_ptr<detail::avro_datum_schema const> schema_;
    std::vector<detail::avro_cell> cells_;
};

/// @cond
template <>
detail::avro_type const& detail::avro_type_of<avro_datum>();
/// @endcond

} // namespace paperboy

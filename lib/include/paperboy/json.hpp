#pragma once

#include <paperboy/detail/json_read.hpp>
#include <paperboy/detail/json_reader.hpp>
#include <paperboy/detail/json_write.hpp>
#include <paperboy/serde.hpp>

#include <string>

namespace paperboy
{

/// The serde of JSON keys and values.
///
/// `T` is one of these, or a struct of them that BOOST_DESCRIBE_STRUCT describes:
///
/// - described struct: an object; each field once, in any order (fastest in that of the members); null as well as
///   absent for a `std::optional`
/// - `bool`: true or false
/// - integers, but for characters: a whole number within the range; `1.0` and `1e3` are none
/// - `double`, `float`: a number within the range
/// - `std::string`: a string, copied
/// - `std::string_view`: a string, borrowed: from the record's bytes, or from the serde where it had escapes
/// - `std::optional<T>`: null, or a `T`
/// - `std::vector<T>`, `std::deque<T>`: an array
/// - `std::map<std::string, T>`, `std::unordered_map`, also with `std::string_view`: an object; each key once
/// - described enum: the enumerator's name
/// - `std::chrono::sys_time` of any unit: text such as `"2024-02-29T12:00:00.123Z"`, in UTC or with an offset, finer
///   digits cut off; or a whole number of the unit since 1970. Written as text, of the years 0 to 9999
/// - `std::variant<T...>`: the first alternative for the value's kind, integers before floating-point numbers; of
///   several structs the first whose required fields are all there. `std::monostate` is null
/// - a type with a `json_codec`: what that says
///
/// Fields may be called otherwise than members: see `field_names`.
///
/// `decode` throws `decode_error`: with the JSON pointer of the value (RFC 6901), what was expected and what was found,
/// as in `/items/3/price: expected a number, found the string "abc"`; or, for text that is no JSON, with a position.
/// Fields that the struct does not have are checked but for the spelling of numbers and literals, and escapes in texts.
///
/// Decoding allocates nothing once the serde has seen the longest record, where all fields are numbers, enums, times or
/// views. Decoded values live as long as `deserializer` says: views of escaped strings until `forget()`.
///
/// Each copy has its own parser; one thread at a time may use it.
template <class T>
class json
{
public:
    /// What it reads and writes.
    using value_type = T;

    /// Throws `setup_error` for limits outside their range.
    explicit json(json_options const& options = {}) : reader_{options} {}

    /// Reads `data`, one JSON value and nothing but white space around it. Overwrites `out`; after an exception it is
    /// unspecified, but may be used for the next record.
    void decode(bytes_view data, T& out)
    {
        reader_.begin(data);
        read_json(reader_, out);
        reader_.end();
    }

    /// Nothing decoded before is used any more.
    void forget() noexcept { reader_.forget(); }

    /// Appends JSON without white space, in UTF-8: numbers as the shortest text that reads back as the same, doubles
    /// with a point or an exponent, absent optional fields left out. Throws `encode_error` for what JSON cannot say:
    /// NaN and infinity, text that is not UTF-8, enumerators without a name, times outside the years 0 to 9999; `out`
    /// is then unspecified.
    void encode(T const& value, std::string& out) const { write_json(value, out); }

private:
    json_reader reader_;
};

} // namespace paperboy

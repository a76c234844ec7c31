#pragma once

#include <paperboy/detail/msgpack_read.hpp>
#include <paperboy/detail/msgpack_reader.hpp>
#include <paperboy/detail/msgpack_write.hpp>
#include <paperboy/serde.hpp>

#include <string>

namespace paperboy
{

/// The serde of MessagePack keys and values; what it writes is, byte for byte, what Python's `msgpack.packb` writes for
/// the same value, and it reads all of MessagePack.
///
/// `T` is one of these, or a struct of them that BOOST_DESCRIBE_STRUCT describes:
///
/// - described struct: map; each field once, in any order (fastest in that of the members); null as well as absent for
///   a `std::optional`, which is left out when it is empty. Keys that are no texts are unknown fields
/// - `bool`: true or false
/// - integers, but for characters: an integer within the range, written as short as possible
/// - `double`, `float`: a floating-point number of either size, or an integer; written with 8 bytes, as Python does
/// - `std::string`, `std::string_view`: text in UTF-8; the view borrows from the record
/// - `std::vector<std::byte>`, `std::span<std::byte const>`, `std::array<std::byte, N>`: bytes, also those of a text;
///   the span borrows from the record
/// - `std::optional<T>`: null, or a `T`
/// - `std::vector<T>`, `std::deque<T>`: array
/// - `std::map`, `std::unordered_map`, of texts or integers to `T`: map; each key once
/// - described enum: the enumerator's name
/// - `std::chrono::sys_time` of any unit: the timestamp extension, text such as `"2024-02-29T12:00:00.123Z"`, or
///   a whole number of the unit since 1970; finer digits are cut off. Written as the extension, which Python reads as
///   `msgpack.Timestamp`, or as `datetime` with `timestamp=3`
/// - `boost::uuids::uuid`: 16 bytes, or its text; written as text
/// - `std::variant<T...>`: the first alternative for the value's kind, integers before floating-point numbers; of
///   several structs the first whose required fields are all there. `std::monostate` is null, times are extensions
/// - `msgpack_extension`: any extension, borrowed from the record
/// - a type with a `msgpack_codec`: what that says. `msgpack_json.hpp` has one for `nlohmann::json`, for values
///   of which nothing is known
///
/// Fields may be called otherwise than members: see `field_names`.
///
/// `decode` throws `decode_error`: with the value's place as a JSON pointer (RFC 6901) and in bytes, what was expected
/// and what was found, as in `/items/3/price: expected a number, found the text "abc" (at byte 71 of 90)`. Sizes are
/// checked against what is there before anything is made for them. Fields that the struct does not have are passed over
/// without a look into their texts.
///
/// Decoding allocates nothing where all fields are numbers, enums, times or views. It does not use nlohmann-json, whose
/// events hand out copies of texts, with no place in the record to borrow from, and which takes no keys but texts.
///
/// One thread at a time may use an object.
template <class T>
class msgpack
{
public:
    /// What it reads and writes.
    using value_type = T;

    /// Throws `setup_error` for limits outside their range.
    explicit msgpack(msgpack_options const& options = {}) : reader_{options} {}

    /// Reads `data`, one value and nothing behind it. Overwrites `out`; after an exception it is unspecified, but may
    /// be used for the next record.
    void decode(bytes_view data, T& out)
    {
        reader_.begin(data);
        read_msgpack(reader_, out);
        reader_.end();
    }

    /// Appends MessagePack. Throws `encode_error` for what it cannot say: text that is not UTF-8, enumerators without a
    /// name, 4 GB and more; `out` is then unspecified.
    void encode(T const& value, std::string& out) const { write_msgpack(value, out); }

private:
    msgpack_reader reader_;
};

} // namespace paperboy

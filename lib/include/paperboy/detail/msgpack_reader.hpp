#pragma once

#include <paperboy/detail/timestamp_text.hpp>
#include <paperboy/record.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace paperboy
{

/// What `msgpack<T>` accepts.
struct msgpack_options
{
    /// Whether a field that the struct does not have is an error; otherwise such fields are passed over.
    bool reject_unknown_fields = false;

    /// Most containers within each other that are decoded; what is passed over may be deeper. 1 to 1,000.
    std::size_t max_depth = 64;

    /// Longest key or value in bytes, 1 to 4 GB.
    std::size_t max_size = std::size_t{16} << 20U;

    /// How many items the arrays and maps of one record may have in all, those passed over not counted.
    std::size_t max_items = 1'000'000;
};

/// What a MessagePack value is, by its first byte.
enum class msgpack_kind : std::uint8_t
{
    null,
    boolean,
    integer,
    floating,
    text,
    bytes,
    array,
    map,
    extension,
    unused, // the byte 0xc1
};

/// An application's own kind of value: a number of its choice, those below 0 are the specification's, and bytes.
struct msgpack_extension
{
    std::int8_t type = 0;
    bytes_view data;
};

class msgpack_reader;

namespace detail
{

constexpr msgpack_kind msgpack_kind_of(std::byte first) noexcept
{
    auto const byte = std::to_integer<unsigned>(first);
    if (byte < 0x80 || byte >= 0xe0 || (byte >= 0xcc && byte <= 0xd3))
        return msgpack_kind::integer;
    if (byte < 0x90 || byte == 0xde || byte == 0xdf)
        return msgpack_kind::map;
    if (byte < 0xa0 || byte == 0xdc || byte == 0xdd)
        return msgpack_kind::array;
    if (byte < 0xc0 || (byte >= 0xd9 && byte <= 0xdb))
        return msgpack_kind::text;
    if (byte == 0xc2 || byte == 0xc3)
        return msgpack_kind::boolean;
    if (byte >= 0xc4 && byte <= 0xc6)
        return msgpack_kind::bytes;
    if (byte == 0xca || byte == 0xcb)
        return msgpack_kind::floating;
    return byte == 0xc0 ? msgpack_kind::null : byte == 0xc1 ? msgpack_kind::unused : msgpack_kind::extension;
}

inline constexpr auto msgpack_kinds = []
{
    auto kinds = std::array<msgpack_kind, 256>{};
    for (std::size_t first = 0; first < kinds.size(); ++first)
        kinds[first] = msgpack_kind_of(static_cast<std::byte>(first));
    return kinds;
}();

// A field of a struct, for the part of the reader that knows no types.
struct msgpack_field
{
    std::string_view name;
    void (*read)(msgpack_reader& from, void* object);
    // What becomes of a field that the record does not have; null: it is an error.
    void (*reset)(void* object);
};

using msgpack_fields = std::span<msgpack_field const>;

// As many as msgpack_reader::read_object can keep count of.
inline constexpr std::size_t max_msgpack_fields = 256;

} // namespace detail

/// Stands at one value of a MessagePack record, for a `msgpack_codec` of your own. A value is read once, by one of the
/// functions below, and the reader then stands at the next; all throw `decode_error`, with the value's place as a JSON
/// pointer and in bytes, what was expected, and what was found.
class msgpack_reader
{
public:
    /// Made by `msgpack<T>`.
    explicit msgpack_reader(msgpack_options const& options);

    /// What the value is.
    [[nodiscard]] msgpack_kind kind()
    {
        value_ = at_;
        return at_ == end_ ? fail_ended() : detail::msgpack_kinds[std::to_integer<std::size_t>(*at_)];
    }

    /// Whether the value is null; if so, it is read.
    [[nodiscard]] bool null()
    {
        if (kind() != msgpack_kind::null)
            return false;
        ++at_;
        return true;
    }

    /// Whether the value is an integer below 0; it is not read.
    [[nodiscard]] bool negative();

    [[nodiscard]] bool boolean()
    {
        if (kind() != msgpack_kind::boolean) [[unlikely]]
            fail("true or false");
        return *at_++ == std::byte{0xc3};
    }

    /// An integer within the limits. Floating-point numbers are none.
    [[nodiscard]] std::int64_t integer(std::int64_t min, std::int64_t max);
    [[nodiscard]] std::uint64_t integer(std::uint64_t max);

    /// A floating-point number or an integer, rounded to the nearest double.
    [[nodiscard]] double number();

    /// Text in UTF-8, in the record.
    [[nodiscard]] std::string_view text();

    /// Bytes, or a text as bytes, in the record.
    [[nodiscard]] bytes_view bytes();

    /// An extension; its data is in the record.
    [[nodiscard]] msgpack_extension extension();

    /// An array: calls `each(index)` while the reader stands at the element.
    template <class F>
    void array(F each);

    /// A map: calls `each()` while the reader stands at the key, which `each` has to read, and then the value.
    template <class F>
    void map(F each);

    /// Passes over the value, whatever it is. Its structure is checked, its texts are not.
    void skip();

    /// Refuses the value that was looked at or read last: "PLACE: expected EXPECTED, found …".
    [[noreturn]] void fail(std::string_view expected) const;

    // The rest is for msgpack<T>.

    void begin(bytes_view data);
    void end() const;
    void read_object(void* object, detail::msgpack_fields fields);
    [[nodiscard]] std::size_t fitting(std::span<detail::msgpack_fields const> candidates,
                                      std::span<bool const> eligible);
    [[nodiscard]] std::optional<detail::precise_time> time();
    [[noreturn]] void fail_twice() const;

private:
    struct whole
    {
        std::uint64_t bits = 0; // in two's complement
        bool below_zero = false;
    };

    [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    // Behind the first byte of the value at hand and its size, if it has one; returns the size.
    [[nodiscard]] std::size_t head();
    // So many bytes, if they are there.
    [[nodiscard]] bytes_view take(std::size_t size);
    [[nodiscard]] bool read_whole(whole& out);
    [[nodiscard]] std::string_view unchecked_text();
    [[nodiscard]] std::size_t begin_container(msgpack_kind wanted, std::string_view expected);
    [[nodiscard]] std::size_t find(detail::msgpack_fields fields, std::size_t expected);

    [[nodiscard]] msgpack_kind fail_ended() const;
    [[noreturn]] void fail_at(std::byte const* at, std::string_view what) const;
    [[noreturn]] void fail_short(std::byte const* at, std::uint64_t needed) const;
    [[noreturn]] void fail_deep() const;
    [[noreturn]] void fail_many() const;
    [[noreturn]] void fail_unknown() const;
    [[noreturn]] void fail_missing(std::byte const* object, std::string_view name) const;

    msgpack_options options_;
    std::byte const* begin_ = nullptr;
    std::byte const* at_ = nullptr;
    std::byte const* end_ = nullptr;
    std::byte const* value_ = nullptr; // what was looked at or read last, for errors
    std::size_t depth_ = 0;
    std::size_t items_ = 0;
};

template <class F>
void msgpack_reader::array(F each)
{
    auto const size = begin_container(msgpack_kind::array, "an array");
    for (std::size_t index = 0; index < size; ++index)
    {
        auto const* const element = at_;
        each(index);
        if (at_ == element)
            skip();
    }
    --depth_;
}

template <class F>
void msgpack_reader::map(F each)
{
    auto const size = begin_container(msgpack_kind::map, "a map");
    for (std::size_t index = 0; index < size; ++index)
        each();
    --depth_;
}

} // namespace paperboy

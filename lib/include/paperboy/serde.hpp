#pragma once

#include <paperboy/error.hpp>
#include <paperboy/record.hpp>

#include <boost/uuid/uuid.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace paperboy
{

/// What decodes the keys or the values of a topic.
///
/// `decode(data, out)` fills `out`, which holds the previous record's result: a serde may reuse its memory. It never
/// sees a null key or value. It throws `decode_error`, or anything derived from std::exception, when the bytes are not
/// what it expects. `value_type` must be default-constructible; it may borrow from `data`.
///
/// Where decoded values borrow from the serde itself, as texts that had to be unescaped do, it has a member
/// `void forget()`: called before each record that is decoded alone and before the first of a bulk, it says that no
/// value decoded before is used any more. The records of a bulk are all decoded before a hook sees them, and stay valid
/// together.
///
/// A serde that needs something which only I/O can get, as a schema of a registry, has two more members:
///
///     bool ready(bytes_view data) noexcept;                         // whether decode(data, …) can go ahead
///     boost::asio::awaitable<void> prepare(bytes_view data);        // gets what decode(data, …) needs
///
/// Where `ready` says no, the pipeline awaits `prepare` and only then decodes the record; its partition waits, others
/// do not, and no record is in the hooks meanwhile. What `prepare` throws counts as thrown by `decode`. It has to
/// support terminal cancellation, which comes when the partition is taken away or the engine stops. It is called once
/// for a record. `ready` is asked for each record before it is decoded, so it has to be cheap.
///
/// Threads: a serde object is copied into each partition's pipeline, and a copy is used by one thread at a time. Copies
/// are used by different threads at the same time: mutable state must not be shared between them.
///
/// In a table, `prepare` is awaited before an entry is seen, and again while it fails; where it throws `decode_error`
/// three times, reading that entry throws. Copies have to share what it gets, safely, and what was encoded has to be
/// `ready`.
template <class D>
concept deserializer = std::copy_constructible<D> && std::default_initializable<typename D::value_type> &&
                       requires(D& serde, bytes_view data, typename D::value_type& out) { serde.decode(data, out); };

/// What encodes keys or values: `encode(value, out)` appends the bytes to `out`.
template <class S>
concept serializer = std::copy_constructible<S> && requires(S& serde, typename S::value_type const& value,
                                                            std::string& out) { serde.encode(value, out); };

/// The bytes as they are, borrowed from the record.
struct bytes
{
    /// Bytes of the record.
    using value_type = bytes_view;

    /// Shows `data`.
    void decode(bytes_view data, bytes_view& out) const noexcept { out = data; }

    /// Appends the bytes.
    void encode(bytes_view value, std::string& out) const
    {
        out.append(reinterpret_cast<char const*>(value.data()), value.size());
    }
};

/// Text borrowed from the record; its encoding is not checked. The counterpart of Kafka's StringSerializer.
struct text
{
    /// Text of the record.
    using value_type = std::string_view;

    /// Shows `data`.
    void decode(bytes_view data, std::string_view& out) const noexcept
    {
        out = {reinterpret_cast<char const*>(data.data()), data.size()};
    }

    /// Appends the text.
    void encode(std::string_view value, std::string& out) const { out.append(value); }
};

namespace detail
{

// Throws decode_error: a floating-point number of `expected` bytes cannot be read from `found` bytes.
[[noreturn]] void throw_floating_size(std::size_t expected, std::size_t found);

// Throws decode_error: an integer of `expected` bytes cannot be read from `found` bytes.
[[noreturn]] void throw_integer_size(std::size_t expected, std::size_t found);

} // namespace detail

/// An integer in big-endian two's complement, exactly as wide as `T`: the counterpart of Kafka's ShortSerializer,
/// IntegerSerializer and LongSerializer for std::int16_t, std::int32_t and std::int64_t.
template <std::integral T>
struct integer
{
    /// The integer.
    using value_type = T;

    /// Throws `decode_error` unless `data` has exactly sizeof(T) bytes.
    void decode(bytes_view data, T& out) const
    {
        if (data.size() != sizeof(T))
            detail::throw_integer_size(sizeof(T), data.size());
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < sizeof(T); ++i)
            bits = (bits << 8U) | std::to_integer<std::uint64_t>(data[i]);
        out = static_cast<T>(bits);
    }

    /// Appends sizeof(T) bytes.
    void encode(T value, std::string& out) const
    {
        auto const bits = static_cast<std::uint64_t>(static_cast<std::make_unsigned_t<T>>(value));
        auto bytes = std::array<char, sizeof(T)>{};
        for (std::size_t i = 0; i < sizeof(T); ++i)
            bytes[i] = static_cast<char>((bits >> (8 * (sizeof(T) - 1 - i))) & 0xffU);
        out.append(bytes.data(), bytes.size());
    }
};

/// A double or float in big-endian IEEE 754: the counterpart of Kafka's DoubleSerializer and FloatSerializer.
template <std::floating_point T>
    requires(std::same_as<T, double> || std::same_as<T, float>)
struct floating
{
    /// The number.
    using value_type = T;

    /// Throws `decode_error` unless `data` has exactly sizeof(T) bytes. Any such bytes are a number, or NaN.
    void decode(bytes_view data, T& out) const
    {
        if (data.size() != sizeof(T))
            detail::throw_floating_size(sizeof(T), data.size());
        auto bits = as_integer{};
        integer<as_integer>{}.decode(data, bits);
        out = std::bit_cast<T>(bits);
    }

    /// Appends sizeof(T) bytes.
    void encode(T value, std::string& out) const
    {
        integer<as_integer>{}.encode(std::bit_cast<as_integer>(value), out);
    }

private:
    using as_integer = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
};

/// A UUID as text, 8-4-4-4-12 hexadecimal digits: the counterpart of Kafka's UUIDSerializer. Writes small letters.
struct uuid
{
    /// Boost's UUID.
    using value_type = boost::uuids::uuid;

    /// Throws `decode_error` unless `data` is such a text, in small or capital letters.
    void decode(bytes_view data, boost::uuids::uuid& out) const;

    /// Appends 36 characters.
    void encode(boost::uuids::uuid const& value, std::string& out) const;
};

} // namespace paperboy

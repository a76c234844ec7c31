#pragma once

#include <paperboy/detail/record_block.hpp>
#include <paperboy/headers.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace paperboy
{

namespace detail
{
struct record_access;
}

/// Bytes that belong to somebody else.
using bytes_view = std::span<std::byte const>;

/// When a record was produced or appended, to the millisecond, as the topic's `message.timestamp.type` says.
using timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

class retained_record;

/// A record as it came from the broker, seen in place: nothing is copied.
///
/// A view is two pointers; pass and copy it freely during its hook. It and everything it returns stay valid until the
/// hook that received it has completed (for an awaitable hook: until its awaitable has); to keep a record longer,
/// `retain()` it. Thread-safety: reading one record from several threads is safe during that time, but for the first
/// look at its headers.
class record_view
{
public:
    /// A view of one message of a block. Made by the engine and by `testing.hpp`, not by users.
    record_view(detail::record_block& block, detail::message const& of) noexcept : block_{&block}, message_{&of} {}

    /// The topic's name, as the broker spells it.
    [[nodiscard]] std::string_view topic() const noexcept { return block_->topic(); }

    /// The partition's number, 0 or greater.
    [[nodiscard]] std::int32_t partition() const noexcept { return message_->partition; }

    /// The record's offset in its partition, 0 or greater. Offsets rise, not always by one.
    [[nodiscard]] std::int64_t offset() const noexcept { return message_->offset; }

    /// Whether the record has a key; an empty key is a key.
    [[nodiscard]] bool has_key() const noexcept { return message_->key != nullptr; }

    /// Whether the record deletes its key: its value is null. An empty value is a value.
    [[nodiscard]] bool is_tombstone() const noexcept { return message_->value == nullptr; }

    /// The key's bytes as text, not checked for any encoding; empty without a key.
    [[nodiscard]] std::string_view key() const noexcept
    {
        return {static_cast<char const*>(message_->key), message_->key_size};
    }

    /// The value's bytes as text, not checked for any encoding; empty for a tombstone.
    [[nodiscard]] std::string_view value() const noexcept
    {
        return {static_cast<char const*>(message_->value), message_->value_size};
    }

    /// The key as text, or `std::nullopt` without a key: what a `topic_producer` sends as null.
    [[nodiscard]] std::optional<std::string_view> optional_key() const noexcept
    {
        return has_key() ? std::optional{record_view::key()} : std::nullopt;
    }

    /// The value as text, or `std::nullopt` for a tombstone: what a `topic_producer` sends as null.
    [[nodiscard]] std::optional<std::string_view> optional_value() const noexcept
    {
        return is_tombstone() ? std::nullopt : std::optional{record_view::value()};
    }

    /// The key's bytes; empty without a key.
    [[nodiscard]] bytes_view key_bytes() const noexcept
    {
        return {static_cast<std::byte const*>(message_->key), message_->key_size};
    }

    /// The value's bytes; empty for a tombstone.
    [[nodiscard]] bytes_view value_bytes() const noexcept
    {
        return {static_cast<std::byte const*>(message_->value), message_->value_size};
    }

    /// The record's timestamp; nothing when the broker sent none (message format 0).
    [[nodiscard]] std::optional<paperboy::timestamp> timestamp() const noexcept
    {
        auto const ms = block_->timestamp_ms(*message_);
        if (ms < 0)
            return std::nullopt;
        return paperboy::timestamp{std::chrono::milliseconds{ms}};
    }

    /// The record's headers, read in place. The first look at them parses them, so records whose headers nobody asks
    /// for cost nothing; that first look is not safe from several threads at once.
    [[nodiscard]] header_range headers() const noexcept { return {*block_, *message_}; }

    /// A view that keeps the fetched batch of the record alive, as a whole, until the last retained record of it is
    /// gone. Nothing is copied: it costs one atomic increment. Safe to call wherever the view is valid.
    [[nodiscard]] retained_record retain() const noexcept;

    /// For the library: where sends on behalf of this record are kept; null for records made in memory.
    [[nodiscard]] std::shared_ptr<detail::send_ledger> const& ledger() const noexcept { return block_->ledger(); }

private:
    friend struct detail::record_access;

protected:
    /// For the library: the fetched batch that it is in.
    detail::record_block* block_;
    /// For the library: the message itself.
    detail::message const* message_;
};

/// A record that keeps its batch alive, made by `record_view::retain()`.
///
/// It may outlive its hook, its partition's assignment and the engine. A retained record also keeps librdkafka's client
/// alive: when the engine is gone already, destroying the last one closes the client, which may block for a moment.
class retained_record : public record_view
{
public:
    /// Holds the view's batch. Safe wherever the view is valid.
    explicit retained_record(record_view const& view) noexcept : record_view{view}, holder_{block_} {}

private:
    detail::block_holder holder_;
};

inline retained_record record_view::retain() const noexcept
{
    return retained_record{*this};
}

/// A record whose key is decoded: what `on_tombstone` gets when the topic's key has a serde.
///
/// `K` is the key serde's `value_type`. Valid as long as its `record_view`.
template <class K>
class keyed_record : public record_view
{
public:
    /// A view and room for its key; the engine decodes into it.
    explicit keyed_record(record_view const& view) : record_view{view} {}

    /// The decoded key; nothing when the record has none.
    [[nodiscard]] std::optional<K> const& key() const noexcept { return key_; }

    /// Lets `did_receive_message` change the key that later hooks see.
    [[nodiscard]] std::optional<K>& key() noexcept { return key_; }

protected:
    /// For the library: what `key()` shows.
    std::optional<K> key_;
};

namespace detail
{

// A record's view with a decoded value beside it.
template <class Base, class V>
class with_value : public Base
{
public:
    explicit with_value(record_view const& view) : Base{view} {}

    [[nodiscard]] V const& value() const noexcept { return value_; }
    [[nodiscard]] V& value() noexcept { return value_; }
    [[nodiscard]] std::string_view raw_value() const noexcept { return record_view::value(); }

private:
    V value_{};
};

} // namespace detail

/// A record with its value decoded, and its key too where the topic's key has a serde: `record<V>` or `record<K, V>`.
///
/// `V` and `K` are the serdes' `value_type`s; they may borrow from the record. Valid as long as its `record_view`; the
/// engine reuses one object from record to record, so copy what you keep.
///
/// - `value()`: the decoded value; not const for `did_receive_message`, which may change what later hooks see.
/// - `raw_value()`: the value's bytes as text, as they came from the broker.
/// - `key()`: the raw key as text in a `record<V>`; a `std::optional<K>` in a `record<K, V>`, empty without a key.
/// - everything else is `record_view`'s.
template <class... Types>
class record;

/// A record whose value is decoded, its key is not; see `record`.
template <class V>
class record<V> : public detail::with_value<record_view, V>
{
public:
    /// A view and room for its value; the engine decodes into it.
    explicit record(record_view const& view) : detail::with_value<record_view, V>{view} {}
};

/// A record whose key and value are decoded; see `record`.
template <class K, class V>
class record<K, V> : public detail::with_value<keyed_record<K>, V>
{
public:
    /// A view and room for its key and value; the engine decodes into it.
    explicit record(record_view const& view) : detail::with_value<keyed_record<K>, V>{view} {}
};

} // namespace paperboy

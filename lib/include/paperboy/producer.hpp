#pragma once

#include <paperboy/detail/outgoing.hpp>
#include <paperboy/detail/send_encoding.hpp>
#include <paperboy/detail/send_operation.hpp>
#include <paperboy/detail/traced_headers.hpp>
#include <paperboy/error.hpp>
#include <paperboy/headers.hpp>
#include <paperboy/produced.hpp>
#include <paperboy/record.hpp>
#include <paperboy/serde.hpp>
#include <paperboy/trace_context.hpp>

#include <boost/asio/async_result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace paperboy
{

/// What a record may have beside its key and value. Everything is borrowed for the call only.
struct send_options
{
    /// The partition, 0 or greater. `std::nullopt`: the key's hash chooses, as Java's default partitioner does; records
    /// without a key are spread.
    std::optional<std::int32_t> partition = {};

    /// The record's timestamp; `std::nullopt`: now. One that is not after 1970-01-01T00:00:00 UTC goes out as one
    /// millisecond after it, since librdkafka takes that moment for "now".
    std::optional<paperboy::timestamp> timestamp = {};

    /// The record's headers, in order.
    std::span<header_view const> headers = {};

    /// The trace that the record belongs to, for its header `traceparent`. `std::nullopt`: what `send` sends on behalf
    /// of a record whose hooks are traced (`observer::traces`) carries the span of these; anything else carries none. A
    /// `traceparent` among `headers` takes precedence.
    std::optional<trace_context> trace = {};
};

/// Produces to one topic, for handlers; made by `engine::make_producer`.
///
/// A handle of three pointers, to be copied into handlers. All producers of an engine share one idempotent client of
/// librdkafka, which exists while the engine runs; `config::producer` has its settings.
///
/// Keys and values go through serdes (`text`, the default, takes any text as it is). A key or value may be given as
/// `std::nullopt` for null, as a `value_type`, as anything that converts to one, or as an optional of those. An empty
/// text is an empty key or value, not null: forward a record with its `optional_key()` and `optional_value()`.
///
/// Order: records sent by the hooks of one partition reach a partition of the output in the order in which they were
/// sent. Exceptions: what a serde throws leaves `send` and `async_send` as it is.
/// Thread-safety: one handle, and all its copies, may be used from several threads at once; `encode` of its serdes is
/// const and is called concurrently.
template <serializer KeySerde = text, serializer ValueSerde = text>
    requires detail::concurrent_serializer<KeySerde> && detail::concurrent_serializer<ValueSerde>
class topic_producer
{
public:
    /// The type of keys.
    using key_type = typename KeySerde::value_type;
    /// The type of values.
    using value_type = typename ValueSerde::value_type;

    /// A producer to a topic of a target. Made by `engine::make_producer` and by `testing.hpp`, not by users.
    topic_producer(std::shared_ptr<detail::send_target> target, std::string_view topic, KeySerde key_serde,
                   ValueSerde value_serde)
        : target_{std::move(target)}, topic_{target_->topic_number(topic)}, key_serde_{std::move(key_serde)},
          value_serde_{std::move(value_serde)}
    {
    }

    /// Sends a record on behalf of `cause`, a record that a hook is handling: the offset of `cause` is not committed
    /// before the broker has acknowledged this record. With the hook's end that makes the transform at least once.
    ///
    /// Returns at once: the data is copied, nothing waits and nothing is dropped. While librdkafka's queue is full
    /// (`queue.buffering.max.messages`, `queue.buffering.max.kbytes`), records wait in memory in their order, and the
    /// partitions whose hooks sent them are not handed further batches, so that no more than what the hooks send for
    /// one batch of records (`config::batch_size`) per partition waits.
    ///
    /// librdkafka repeats what may succeed later, for ever by default. A record that the broker refuses for good (too
    /// large, no such topic, no right to write) ends the run with `errc::produce_failed`: it cannot be produced, and
    /// `cause` is neither skipped nor committed.
    ///
    /// To be called before the hook of `cause` has completed; from a retained record later, the record is sent, and
    /// nothing waits for it. Does nothing when no run is in progress.
    template <class Key = key_type, class Value = value_type>
        requires detail::encodable<Key, key_type> && detail::encodable<Value, value_type>
    void send(record_view const& cause, Key const& key, Value const& value, send_options const& options = {}) const
    {
        auto scratch = detail::send_scratch{};
        auto what = encode(key, value, options, scratch);
        auto const traced = detail::traced_headers{what, options.trace, &cause};
        target_->send(what, cause);
    }

    /// Sends a record on behalf of nobody, and completes when the broker has acknowledged or refused it. A hook that
    /// awaits it holds its own record back by that, and waits while the queue is full. Also for use outside of hooks.
    ///
    /// Signature of the completion: `void(error_code, produced)`.
    /// - success: where the record is;
    /// - a code of `kafka_category()`: the broker or librdkafka refused it for good;
    /// - `errc::not_running`: no run of the engine is in progress;
    /// - `asio::error::operation_aborted`: cancelled, or the run ended before the answer; the record may be produced
    ///   all the same.
    ///
    /// Executor: the completion runs on the token's associated executor, else on the engine's, which has to exist. It
    /// is never called inside this function. Cancellation: any type; the operation completes at once, what is sent is
    /// not taken back. Lifetime: key, value and options are encoded and copied inside this function.
    template <class Key = key_type, class Value = value_type,
              boost::asio::completion_token_for<void(error_code, produced)> Token>
        requires detail::encodable<Key, key_type> && detail::encodable<Value, value_type>
    auto async_send(Key const& key, Value const& value, send_options const& options, Token&& token) const
    {
        auto scratch = detail::send_scratch{};
        auto what = encode(key, value, options, scratch);
        auto const traced = detail::traced_headers{what, options.trace, nullptr};
        return boost::asio::async_initiate<Token, void(error_code, produced)>(
            detail::send_initiation{target_, detail::outgoing{what}}, token);
    }

    /// The same without options.
    template <class Key = key_type, class Value = value_type,
              boost::asio::completion_token_for<void(error_code, produced)> Token>
        requires detail::encodable<Key, key_type> && detail::encodable<Value, value_type>
    auto async_send(Key const& key, Value const& value, Token&& token) const
    {
        return async_send(key, value, send_options{}, std::forward<Token>(token));
    }

private:
    template <class Key, class Value>
    detail::outgoing_view encode(Key const& key, Value const& value, send_options const& options,
                                 detail::send_scratch& scratch) const
    {
        auto what = detail::outgoing_view{};
        what.topic = topic_;
        what.key = detail::encode_nullable(key_serde_, key, scratch.key());
        what.value = detail::encode_nullable(value_serde_, value, scratch.value());
        what.partition = options.partition.value_or(detail::outgoing_view::any_partition);
        what.timestamp_ms = options.timestamp ? detail::sendable_ms(*options.timestamp) : 0;
        what.headers = options.headers;
        return what;
    }

    std::shared_ptr<detail::send_target> target_;
    std::size_t topic_;
    [[no_unique_address]] KeySerde key_serde_;
    [[no_unique_address]] ValueSerde value_serde_;
};

} // namespace paperboy

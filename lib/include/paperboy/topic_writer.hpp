#pragma once

#include <paperboy/cluster_error.hpp>
#include <paperboy/config.hpp>
#include <paperboy/producer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace paperboy
{

/// Produces to topics without an engine, blocking: for tools, and for programs that fill a topic. What handlers send is
/// sent by a `topic_producer`.
///
/// Records of one partition get there in the order of `send`, each once: the producer is idempotent. A record is tried
/// for 30 s, unless the property `message.timeout.ms` says otherwise.
/// Thread-safety: distinct objects are safe, shared objects are not.
class topic_writer
{
public:
    /// How to reach the cluster is in `settings` (bootstrap_servers, properties, producer, log); the rest is not used.
    /// As with `admin`, librdkafka has to get OAUTHBEARER tokens itself. No connection is made.
    ///
    /// Throws `setup_error` (`errc::invalid_config`) for settings that cannot work.
    explicit topic_writer(config const& settings);
    /// Takes the other's client; the other may only be destroyed or assigned to.
    topic_writer(topic_writer&&) noexcept;
    /// The same; the client that was here ends.
    topic_writer& operator=(topic_writer&&) noexcept;

    /// Gives up what is not acknowledged: `flush` first.
    ~topic_writer();

    /// Copies a record into the queue of what is to be sent, and waits while that is full. A key or value that is
    /// nothing is null. Throws `cluster_error` when this record, or one before it, is refused for good; the rest is of
    /// no use then.
    void send(std::string const& topic, std::optional<std::string_view> key, std::optional<std::string_view> value,
              send_options const& options = {});

    /// Waits until all records are acknowledged or refused. Throws `cluster_error` when one is refused, or `timeout` is
    /// over.
    void flush(std::chrono::milliseconds timeout = std::chrono::seconds{60});

    /// How many records are acknowledged.
    [[nodiscard]] std::uint64_t acknowledged() const noexcept;

    /// How many of the records that were sent first are acknowledged, without a gap: after a failure, those need not be
    /// sent again. What stands behind them may have been acknowledged, too.
    [[nodiscard]] std::uint64_t acknowledged_in_order() const noexcept;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace paperboy

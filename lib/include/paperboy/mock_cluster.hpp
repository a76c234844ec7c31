#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy
{

/// A Kafka cluster inside this process, librdkafka's mock: for first steps and for tests of your own handlers.
///
/// It listens on loopback ports, so that any client can use it. It keeps up to 5 MiB or 100,000 records per partition,
/// and a group's first join takes about three seconds. Everything is gone with the object.
///
/// What an engine needs on it:
/// - the property `allow.auto.create.topics` set to true: the mock does not know the request that the engine's default
///   needs, and librdkafka would log a warning;
/// - the changelogs of tables created with `create_topic`: it has no admin interface;
/// - a `session.timeout.ms` of 4,000 or so where an engine joins a group whose last member has left: the mock lets it
///   wait for a second less than that.
///
/// Thread-safety: `produce` and `flush` from one thread at a time; the fault injections from any thread.
class mock_cluster
{
public:
    /// Starts `brokers` brokers (1 to 100). Throws `setup_error` when librdkafka cannot.
    explicit mock_cluster(int brokers = 1);
    /// Takes the other's cluster; the other may only be destroyed or assigned to.
    mock_cluster(mock_cluster&&) noexcept;
    /// The same; the cluster that was here is gone.
    mock_cluster& operator=(mock_cluster&&) noexcept;
    ~mock_cluster();

    /// For `config::bootstrap_servers`.
    [[nodiscard]] std::string bootstrap_servers() const;

    /// Creates a topic with `partitions` partitions (1 or more). Throws `setup_error` when librdkafka refuses.
    void create_topic(std::string const& topic, int partitions);

    /// A record for `produce`; without a partition, the key's hash chooses one as Java's default partitioner does.
    struct outgoing
    {
        /// The key; nothing for a record without one.
        std::optional<std::string_view> key = {};
        /// The value; nothing for a tombstone.
        std::optional<std::string_view> value = {};
        /// The partition, 0 or greater; `std::nullopt`: the key's hash chooses.
        std::optional<std::int32_t> partition = {};
        /// Headers in order.
        std::vector<std::pair<std::string_view, std::string_view>> headers = {};
    };

    /// Queues a record for `topic`, waiting while the producer's queue is full. The data is copied.
    /// Throws `setup_error` when librdkafka refuses the record.
    void produce(std::string const& topic, outgoing const& what);

    /// Waits until the cluster has acknowledged everything produced so far. Throws `setup_error` when that takes longer
    /// than `deadline`, or a record was refused.
    void flush(std::chrono::milliseconds deadline = std::chrono::seconds{30});

    /// Lets the next requests of a kind (a Kafka protocol API key, for example 8 for OffsetCommit) fail with these
    /// Kafka error codes, one after the other.
    void fail_requests(std::int16_t api_key, std::vector<int> const& error_codes);

    /// Takes a broker (from 1) down or up again.
    void set_broker_up(std::int32_t broker, bool up);

    /// Delays every answer of a broker (from 1).
    void set_round_trip_time(std::int32_t broker, std::chrono::milliseconds time);

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace paperboy

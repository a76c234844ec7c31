#pragma once

#include "kafka/consumer_event.hpp"
#include "kafka/event_queue.hpp"

#include <paperboy/detail/outgoing.hpp>
#include <paperboy/error.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace paperboy::kafka
{

// What became of one record given to producer::produce.
struct delivery_report
{
    // As produce() was given it.
    void* ticket;
    error_code error;
    std::int32_t partition;
    std::int64_t offset;
    // The record itself, as long as the report lives.
    rd_kafka_message_t const& message;
};

// Told about each record once.
class delivery_sink
{
public:
    delivery_sink() = default;
    delivery_sink(delivery_sink const&) = delete;
    delivery_sink& operator=(delivery_sink const&) = delete;

    virtual void on_delivery(delivery_report const& report) = 0;

protected:
    ~delivery_sink() = default;
};

// What of a producer keeps librdkafka's client alive: to be let go where blocking does not matter.
using client_remains = std::shared_ptr<rd_kafka_t>;

// A producing client of librdkafka. produce() is safe from any thread, the rest is for the executor's strand.
class producer
{
public:
    // Starts librdkafka's threads. Throws setup_error when it refuses the configuration.
    producer(boost::asio::any_io_executor const& executor, conf_handle conf);
    producer(producer const&) = delete;
    producer& operator=(producer const&) = delete;
    ~producer() = default;

    // Adds a record to librdkafka's queue, copying it; a delivery_report with `ticket` follows unless an error is
    // returned. `topics` are the names of the topic numbers.
    [[nodiscard]] error_code produce(detail::outgoing_view const& what, std::span<std::string const> topics,
                                     void* ticket);

    // The same for records of one partition, whose `_private` are the tickets; each tells its error.
    void produce(std::size_t topic, std::int32_t partition, std::span<rd_kafka_message_t> records,
                 std::span<std::string const> topics);

    // Serves the next entry of the queue, if there is one: reports go to the sink, the rest is returned.
    [[nodiscard]] std::optional<consumer_event> poll(delivery_sink& sink);

    // Whether librdkafka has given this client up.
    [[nodiscard]] bool fatal() const noexcept;

    [[nodiscard]] rd_kafka_t* get() const noexcept { return client_.get(); }

    // Gives back everything that is not acknowledged: a report with an error follows for each record.
    void purge() noexcept;

    [[nodiscard]] event_queue& events() noexcept { return events_; }

    // For questions from another thread.
    [[nodiscard]] client_remains const& client() const noexcept { return client_; }

    // Takes the client out; only destruction may follow.
    [[nodiscard]] client_remains release() noexcept;

private:
    [[nodiscard]] rd_kafka_topic_t* handle_of(std::size_t topic, std::span<std::string const> topics);

    client_remains client_;
    event_queue events_;
    std::vector<topic_handle> topics_;
};

// A copy of a reported record, to be produced again to the same topic number, with its own partition or the one that
// the key's hash chose.
[[nodiscard]] detail::outgoing copy_of(rd_kafka_message_t const& message, std::size_t topic);

// What brokers say of a topic.
struct topic_answer
{
    error_code error;
    std::int32_t partitions = 0;
};

// How many partitions a topic has. Blocks for up to `timeout`: for a thread of its own. A cluster that creates topics
// on demand creates it.
[[nodiscard]] topic_answer ask_partition_count(client_remains const& client, std::string const& topic,
                                               std::chrono::milliseconds timeout);

// Whether an error says that a topic or a partition does not exist.
[[nodiscard]] bool is_missing(error_code error) noexcept;

// Whether a produce() that failed with this may succeed once reports have made room.
[[nodiscard]] bool is_queue_full(error_code error) noexcept;

} // namespace paperboy::kafka

#include "kafka/producer.hpp"

#include "kafka/event_decoder.hpp"
#include "kafka/kafka_error.hpp"
#include "kafka/produce_call.hpp"
#include "kafka/topic_metadata.hpp"

#include <array>
#include <utility>

namespace paperboy::kafka
{
namespace
{

client_remains make_client(conf_handle conf)
{
    auto reason = std::array<char, 512>{};
    auto* const handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), reason.data(), reason.size());
    if (handle == nullptr)
        throw setup_error{errc::invalid_config,
                          std::string{"paperboy: librdkafka refuses these settings of the producer: "} + reason.data()};
    static_cast<void>(conf.release());
    return {handle, &rd_kafka_destroy};
}

queue_handle main_queue(rd_kafka_t* client)
{
    auto queue = queue_handle{rd_kafka_queue_get_main(client)};
    rd_kafka_set_log_queue(client, queue.get());
    return queue;
}

std::optional<std::string_view> bytes_at(void const* data, std::size_t size)
{
    if (data == nullptr)
        return std::nullopt;
    return std::string_view{static_cast<char const*>(data), size};
}

std::vector<header_view> headers_of(rd_kafka_message_t const& message)
{
    auto all = std::vector<header_view>{};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return all;
    char const* name = nullptr;
    void const* value = nullptr;
    std::size_t size = 0;
    while (rd_kafka_header_get_all(headers, all.size(), &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR)
        all.push_back({name, bytes_at(value, size)});
    return all;
}

} // namespace

producer::producer(boost::asio::any_io_executor const& executor, conf_handle conf)
    : client_{make_client(std::move(conf))}, events_{executor, main_queue(client_.get())}
{
}

rd_kafka_topic_t* producer::handle_of(std::size_t topic, std::span<std::string const> topics)
{
    if (topics_.size() <= topic)
        topics_.resize(topics.size());
    if (!topics_[topic])
        topics_[topic].reset(rd_kafka_topic_new(client_.get(), topics[topic].c_str(), nullptr));
    return topics_[topic].get();
}

error_code producer::produce(detail::outgoing_view const& what, std::span<std::string const> topics, void* ticket)
{
    auto* const topic = handle_of(what.topic, topics);
    if (topic == nullptr)
        return make_code(rd_kafka_last_error());
    return make_code(kafka::produce(client_.get(), topic, what, ticket));
}

void producer::produce(std::size_t topic, std::int32_t partition, std::span<rd_kafka_message_t> records,
                       std::span<std::string const> topics)
{
    if (auto* const handle = handle_of(topic, topics))
        return kafka::produce(handle, partition, records);
    for (auto const error = rd_kafka_last_error(); auto& each : records)
        each.err = error;
}

std::optional<consumer_event> producer::poll(delivery_sink& sink)
{
    auto const event = event_handle{rd_kafka_queue_poll(events_.get(), 0)};
    if (!event)
        return std::nullopt;
    if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_DR)
        return decode(client_.get(), event.get());
    while (auto const* const message = rd_kafka_event_message_next(event.get()))
        sink.on_delivery({message->_private, make_code(message->err), message->partition, message->offset, *message});
    return consumer_event{};
}

bool producer::fatal() const noexcept
{
    return rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

void producer::purge() noexcept
{
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

// The queue's and the topics' handles go before the client.
client_remains producer::release() noexcept
{
    topics_.clear();
    static_cast<void>(events_.release());
    return std::move(client_);
}

detail::outgoing copy_of(rd_kafka_message_t const& message, std::size_t topic)
{
    auto const headers = headers_of(message);
    auto what = detail::outgoing_view{};
    what.topic = topic;
    what.partition = message.partition;
    what.key = bytes_at(message.key, message.key_len);
    what.value = bytes_at(message.payload, message.len);
    auto type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    if (auto const ms = rd_kafka_message_timestamp(&message, &type); type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
        what.timestamp_ms = ms;
    what.headers = headers;
    return detail::outgoing{what};
}

topic_answer ask_partition_count(client_remains const& client, std::string const& topic,
                                 std::chrono::milliseconds timeout)
{
    auto const found = ask_topic_metadata(client.get(), topic, static_cast<int>(timeout.count()));
    return {make_code(found.error), static_cast<std::int32_t>(found.partitions.size())};
}

bool is_missing(error_code error) noexcept
{
    return error == make_code(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) ||
           error == make_code(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) ||
           error == make_code(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
}

bool is_queue_full(error_code error) noexcept
{
    return error == make_code(RD_KAFKA_RESP_ERR__QUEUE_FULL);
}

} // namespace paperboy::kafka

#include "support/topic_reader.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>

namespace paperboy::test
{
namespace
{

struct close_consumer
{
    void operator()(rd_kafka_t* client) const noexcept { rd_kafka_destroy(client); }
};
struct free_message
{
    void operator()(rd_kafka_message_t* message) const noexcept { rd_kafka_message_destroy(message); }
};
struct free_list
{
    void operator()(rd_kafka_topic_partition_list_t* list) const noexcept
    {
        rd_kafka_topic_partition_list_destroy(list);
    }
};

std::unique_ptr<rd_kafka_t, close_consumer> make_consumer(std::string const& servers)
{
    auto reason = std::array<char, 512>{};
    auto* const conf = rd_kafka_conf_new();
    for (auto const& [name, value] : {std::pair{"bootstrap.servers", servers.c_str()},
                                      {"group.id", "topic-reader"},
                                      {"enable.partition.eof", "true"},
                                      {"enable.auto.commit", "false"},
                                      {"auto.offset.reset", "earliest"}})
        rd_kafka_conf_set(conf, name, value, reason.data(), reason.size());
    rd_kafka_conf_set_log_cb(conf, nullptr);
    auto client = std::unique_ptr<rd_kafka_t, close_consumer>{
        rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason.data(), reason.size())};
    if (!client)
        throw std::runtime_error{reason.data()};
    return client;
}

std::optional<std::string> bytes_at(void const* data, std::size_t size)
{
    if (data == nullptr)
        return std::nullopt;
    return std::string{static_cast<char const*>(data), size};
}

read_record record_of(rd_kafka_message_t const& message)
{
    auto record = read_record{};
    record.partition = message.partition;
    record.offset = message.offset;
    record.key = bytes_at(message.key, message.key_len);
    record.value = bytes_at(message.payload, message.len);
    auto type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    record.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return record;
    char const* name = nullptr;
    void const* value = nullptr;
    std::size_t size = 0;
    while (rd_kafka_header_get_all(headers, record.headers.size(), &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR)
        record.headers.emplace_back(name, bytes_at(value, size));
    return record;
}

} // namespace

std::vector<read_record> read_topic(std::string const& servers, std::string const& topic, std::size_t count,
                                    int partitions)
{
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    auto const client = make_consumer(servers);
    rd_kafka_poll_set_consumer(client.get());
    auto const list =
        std::unique_ptr<rd_kafka_topic_partition_list_t, free_list>{rd_kafka_topic_partition_list_new(partitions)};
    for (auto partition = 0; partition < partitions; ++partition)
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client.get(), list.get());
    auto records = std::vector<read_record>{};
    auto at_end = std::set<std::int32_t>{};
    while (records.size() < count || at_end.size() < static_cast<std::size_t>(partitions))
    {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error{topic + " has only " + std::to_string(records.size()) + " records, not " +
                                     std::to_string(count)};
        auto const message =
            std::unique_ptr<rd_kafka_message_t, free_message>{rd_kafka_consumer_poll(client.get(), 100)};
        if (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            at_end.insert(message->partition);
        if (!message || message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        at_end.erase(message->partition);
        records.push_back(record_of(*message));
    }
    return records;
}

std::vector<std::string> read_values(std::string const& servers, std::string const& topic, std::size_t count,
                                     int partitions)
{
    auto values = std::vector<std::string>{};
    for (auto const& each : read_topic(servers, topic, count, partitions))
        values.push_back(each.value.value_or("(null)"));
    return values;
}

} // namespace paperboy::test

#include "kafka/produce_call.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace paperboy::kafka
{
namespace
{

// A null pointer stands for a null key or value, so an empty one needs an address.
void* address_of(std::optional<std::string_view> const& bytes)
{
    if (!bytes)
        return nullptr;
    return const_cast<char*>(bytes->data() == nullptr ? "" : bytes->data());
}

std::size_t size_of(std::optional<std::string_view> const& bytes)
{
    return bytes ? bytes->size() : 0;
}

headers_handle make_headers(std::span<header_view const> headers)
{
    if (headers.empty())
        return nullptr;
    auto list = headers_handle{rd_kafka_headers_new(headers.size())};
    for (auto const& [name, value] : headers)
        rd_kafka_header_add(list.get(), name.data(), static_cast<ssize_t>(name.size()), address_of(value),
                            static_cast<ssize_t>(size_of(value)));
    return list;
}

} // namespace

rd_kafka_resp_err_t produce(rd_kafka_t* client, rd_kafka_topic_t* topic, detail::outgoing_view const& what,
                            void* ticket)
{
    auto headers = make_headers(what.headers);
    auto const error = rd_kafka_producev(
        client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(what.partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(address_of(what.key), size_of(what.key)),
        RD_KAFKA_V_VALUE(address_of(what.value), size_of(what.value)), RD_KAFKA_V_TIMESTAMP(what.timestamp_ms),
        RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_OPAQUE(ticket), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        static_cast<void>(headers.release());
    return error;
}

void produce(rd_kafka_topic_t* topic, std::int32_t partition, std::span<rd_kafka_message_t> records)
{
    rd_kafka_produce_batch(topic, partition, RD_KAFKA_MSG_F_COPY, records.data(), static_cast<int>(records.size()));
}

rd_kafka_message_t as_message(std::optional<std::string_view> const& key, std::optional<std::string_view> const& value)
{
    auto message = rd_kafka_message_t{};
    message.key = address_of(key);
    message.key_len = size_of(key);
    message.payload = address_of(value);
    message.len = size_of(value);
    return message;
}

} // namespace paperboy::kafka

#include "support/broker_producer.hpp"

#include <stdexcept>

namespace paperboy::test
{
namespace
{

constexpr int patience_ms = 120'000;

rd_kafka_headers_t* make_headers(outgoing const& record)
{
    if (record.headers.empty())
        return nullptr;
    auto* const headers = rd_kafka_headers_new(record.headers.size());
    for (auto const& [name, value] : record.headers)
        require(rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()),
                                    value ? value->data() : nullptr,
                                    value ? static_cast<ssize_t>(value->size()) : ssize_t{0}),
                "cannot add header " + name);
    return headers;
}

std::size_t size_of(std::optional<std::string> const& bytes)
{
    return bytes ? bytes->size() : 0;
}

void* address_of(std::optional<std::string> const& bytes)
{
    return bytes ? const_cast<char*>(bytes->data()) : nullptr;
}

} // namespace

producer::producer(std::string const& servers, settings_map settings)
{
    settings.insert({{"bootstrap.servers", servers}, {"linger.ms", "5"}, {"enable.idempotence", "true"}});
    auto const transactional = settings.contains("transactional.id");
    client_ = make_client(RD_KAFKA_PRODUCER, settings,
                          [this](rd_kafka_conf_t* conf)
                          {
                              rd_kafka_conf_set_opaque(conf, this);
                              rd_kafka_conf_set_dr_msg_cb(conf,
                                                          [](rd_kafka_t*, rd_kafka_message_t const* message, void* self)
                                                          {
                                                              if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
                                                                  ++static_cast<producer*>(self)->refused_;
                                                          });
                          });
    if (transactional)
        require(rd_kafka_init_transactions(client_.get(), patience_ms), "cannot start transactions");
}

void producer::send(std::string const& topic, outgoing const& record)
{
    auto* const headers = make_headers(record);
    auto error = RD_KAFKA_RESP_ERR__QUEUE_FULL;
    while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
    {
        error = rd_kafka_producev(
            client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(record.partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(address_of(record.key), size_of(record.key)),
            RD_KAFKA_V_VALUE(address_of(record.value), size_of(record.value)), RD_KAFKA_V_HEADERS(headers),
            RD_KAFKA_V_TIMESTAMP(record.timestamp_ms), RD_KAFKA_V_END);
        rd_kafka_poll(client_.get(), error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 100 : 0);
    }
    require(error, "cannot produce to " + topic);
}

void producer::send_numbered(std::string const& topic, int partitions, int first, int count)
{
    for (auto number = first; number < first + count; ++number)
        for (auto partition = 0; partition < partitions; ++partition)
        {
            auto const text = std::to_string(number);
            send(topic, {.partition = partition, .key = text, .value = text});
        }
}

void producer::flush()
{
    require(rd_kafka_flush(client_.get(), patience_ms), "cannot flush");
    if (auto const count = refused_.exchange(0); count > 0)
        throw std::runtime_error{std::to_string(count) + " records were not delivered"};
}

void producer::begin()
{
    require(rd_kafka_begin_transaction(client_.get()), "cannot begin a transaction");
}

void producer::commit()
{
    require(rd_kafka_commit_transaction(client_.get(), patience_ms), "cannot commit a transaction");
}

// The records of an aborted transaction that were not sent yet are reported as refused; that is what was asked for.
void producer::abort()
{
    require(rd_kafka_flush(client_.get(), patience_ms), "cannot flush");
    require(rd_kafka_abort_transaction(client_.get(), patience_ms), "cannot abort a transaction");
}

} // namespace paperboy::test

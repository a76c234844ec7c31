#include "throughput/consumers.hpp"
#include "throughput/decode_by_hand.hpp"

#include "kafka/client_config.hpp"
#include "kafka/handles.hpp"
#include "kafka/property_check.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace paperboy::bench
{
namespace
{

constexpr auto poll_ms = 1000;

struct close_and_destroy
{
    void operator()(rd_kafka_t* client) const noexcept
    {
        rd_kafka_consumer_close(client);
        rd_kafka_destroy(client);
    }
};
using consumer_handle = std::unique_ptr<rd_kafka_t, close_and_destroy>;

// The engine's configuration, without the events that it serves: what remains is librdkafka on its own.
kafka::conf_handle engine_conf(options const& from)
{
    auto conf = kafka::make_consumer_conf(engine_settings(from));
    kafka::set(conf, "log.queue", "false");
    rd_kafka_conf_set_events(conf.get(), 0);
    return conf;
}

kafka::conf_handle default_conf(options const& from)
{
    auto const settings = engine_settings(from);
    auto conf = kafka::conf_handle{rd_kafka_conf_new()};
    kafka::set(conf, "bootstrap.servers", settings.bootstrap_servers);
    kafka::set(conf, "group.id", settings.group_id);
    kafka::set(conf, "auto.offset.reset", "earliest");
    kafka::set(conf, "enable.auto.commit", "false");
    for (auto const& [name, value] : settings.properties)
        kafka::set(conf, name.c_str(), value);
    return conf;
}

consumer_handle subscribe(kafka::conf_handle conf, std::string const& topic)
{
    auto reason = std::array<char, 512>{};
    auto client = consumer_handle{rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), reason.data(), reason.size())};
    if (!client)
        throw std::runtime_error{reason.data()};
    static_cast<void>(conf.release());
    auto const list = kafka::partition_list{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    rd_kafka_poll_set_consumer(client.get());
    if (auto const error = rd_kafka_subscribe(client.get(), list.get()))
        throw std::runtime_error{"cannot subscribe to " + topic + ": " + rd_kafka_err2str(error)};
    return client;
}

void check(rd_kafka_message_t const& message)
{
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw std::runtime_error{rd_kafka_message_errstr(&message)};
}

// The loop that the engine is measured against; `decode` tells what it adds to a record's checksum.
template <class F>
measurement consume(kafka::conf_handle conf, options const& from, F decode)
{
    auto const client = subscribe(std::move(conf), from.topic);
    auto const queue = kafka::queue_handle{rd_kafka_queue_get_consumer(client.get())};
    auto counted = progress{from.total()};
    auto batch = std::vector<rd_kafka_message_t*>(from.batch_size);
    auto done = false;
    while (!done)
    {
        // A call that asks for more than will come waits out its timeout.
        auto const wanted = std::min<std::uint64_t>(batch.size(), counted.remaining());
        auto const count = rd_kafka_consume_batch_queue(queue.get(), poll_ms, batch.data(), wanted);
        if (count < 0)
            throw std::runtime_error{rd_kafka_err2str(rd_kafka_last_error())};
        auto checksum = std::uint64_t{0};
        for (auto* const each : std::span{batch}.first(static_cast<std::size_t>(count)))
        {
            check(*each);
            auto const value = std::string_view{static_cast<char const*>(each->payload), each->len};
            checksum += value.size() + static_cast<unsigned char>(value.front()) + decode(value);
            if (from.work.count() > 0)
                work_for(from.work);
            rd_kafka_message_destroy(each);
        }
        done = count > 0 && counted.add(static_cast<std::uint64_t>(count), checksum);
    }
    return counted.result();
}

std::uint64_t nothing(std::string_view)
{
    return 0;
}

template <class Decoder>
measurement decode_packed(options const& from)
{
    auto decoder = Decoder{};
    return consume(engine_conf(from), from, [&](std::string_view value) { return decoder.decode(value); });
}

} // namespace

measurement consume_raw(options const& from)
{
    return consume(engine_conf(from), from, nothing);
}

measurement consume_raw_defaults(options const& from)
{
    return consume(default_conf(from), from, nothing);
}

measurement consume_json_raw(options const& from)
{
    auto decoder = json_by_hand{};
    auto volatile seen = std::uint64_t{0};
    return consume(engine_conf(from), from,
                   [&](std::string_view value)
                   {
                       seen = seen + decoder.decode(value);
                       return std::uint64_t{0};
                   });
}

measurement consume_msgpack_raw(options const& from)
{
    return decode_packed<msgpack_by_hand>(from);
}

measurement consume_avro_raw(options const& from)
{
    return decode_packed<avro_by_hand>(from);
}

} // namespace paperboy::bench

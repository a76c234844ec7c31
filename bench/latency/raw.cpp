#include "latency/ages.hpp"
#include "latency/modes.hpp"

#include "kafka/handles.hpp"
#include "kafka/property_check.hpp"
#include "throughput/topic_filler.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace paperboy::bench
{
namespace
{

using client_handle = std::unique_ptr<rd_kafka_t, kafka::destroy_with<&rd_kafka_destroy>>;
using message_handle = std::unique_ptr<rd_kafka_message_t, kafka::destroy_with<&rd_kafka_message_destroy>>;

constexpr auto poll_ms = 1000;
constexpr auto flush_timeout_ms = 60'000;
constexpr std::size_t record_size = 100;
// Records a second; a request for each of more is more than a broker on the same machine can take.
constexpr auto max_unbatched_rate = 1000;

client_handle connect(rd_kafka_type_t type, std::string const& servers,
                      std::vector<std::pair<char const*, std::string>> const& properties)
{
    auto conf = kafka::conf_handle{rd_kafka_conf_new()};
    kafka::set(conf, "bootstrap.servers", servers);
    for (auto const& [name, value] : properties)
        kafka::set(conf, name, value);
    auto reason = std::array<char, 512>{};
    auto client = client_handle{rd_kafka_new(type, conf.get(), reason.data(), reason.size())};
    if (!client)
        throw std::runtime_error{reason.data()};
    static_cast<void>(conf.release());
    return client;
}

client_handle subscribe(std::string const& servers, std::string const& topic)
{
    auto const group = "paperboy-latency-" + std::to_string(system_nanoseconds());
    auto client = connect(RD_KAFKA_CONSUMER, servers, {{"group.id", group}, {"auto.offset.reset", "latest"}});
    auto const list = kafka::partition_list{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    rd_kafka_poll_set_consumer(client.get());
    if (auto const error = rd_kafka_subscribe(client.get(), list.get()))
        throw std::runtime_error{"cannot subscribe to " + topic + ": " + rd_kafka_err2str(error)};
    return client;
}

void send(rd_kafka_t* client, std::string const& topic, std::int32_t partition)
{
    auto value = std::array<char, record_size>{};
    auto const now = system_nanoseconds();
    std::memcpy(value.data(), &now, sizeof now);
    auto const error = rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                                         RD_KAFKA_V_VALUE(value.data(), value.size()),
                                         RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw std::runtime_error{"cannot produce to " + topic + ": " + rd_kafka_err2str(error)};
    rd_kafka_poll(client, 0);
}

} // namespace

int tick(arguments const& given)
{
    auto const& servers = given.at(0);
    auto const& topic = given.at(1);
    auto const rate = std::stoi(given.at(2));
    auto const interval = std::chrono::nanoseconds{std::chrono::seconds{1}} / rate;
    topic_filler{servers}.create(topic, topic_layout::usual);
    auto const producer = connect(RD_KAFKA_PRODUCER, servers, {{"linger.ms", rate > max_unbatched_rate ? "5" : "0"}});
    send(producer.get(), topic, 0);
    if (auto const error = rd_kafka_flush(producer.get(), flush_timeout_ms); error != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw std::runtime_error{"cannot produce to " + topic + ": " + rd_kafka_err2str(error)};
    std::cout << "ticking" << std::endl;
    auto next = std::chrono::steady_clock::now();
    auto const end = next + std::chrono::seconds{std::stoi(given.at(3))};
    for (auto partition = 0; next < end; partition = (partition + 1) % topic_layout::usual)
    {
        send(producer.get(), topic, partition);
        next += interval;
        std::this_thread::sleep_until(next);
    }
    return 0;
}

int time_raw(arguments const& given)
{
    auto arrived = ages{std::stoul(given.at(2)), std::stoul(given.at(3))};
    auto const client = subscribe(given.at(0), given.at(1));
    for (auto last = false; !last;)
    {
        auto const message = message_handle{rd_kafka_consumer_poll(client.get(), poll_ms)};
        if (!message)
            continue;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            throw std::runtime_error{rd_kafka_message_errstr(message.get())};
        last = arrived.add({static_cast<char const*>(message->payload), message->len});
    }
    arrived.print();
    rd_kafka_consumer_close(client.get());
    return 0;
}

} // namespace paperboy::bench

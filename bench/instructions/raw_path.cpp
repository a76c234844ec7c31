#include "instructions/callgrind.hpp"
#include "instructions/paths.hpp"

#include "kafka/client_config.hpp"
#include "kafka/handles.hpp"
#include "kafka/property_check.hpp"

#include <paperboy/config.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

namespace paperboy::bench
{
namespace
{

using namespace std::chrono_literals;

struct close_and_destroy
{
    void operator()(rd_kafka_t* client) const noexcept
    {
        rd_kafka_consumer_close(client);
        rd_kafka_destroy(client);
    }
};
using consumer_handle = std::unique_ptr<rd_kafka_t, close_and_destroy>;

// The engine's configuration, without the events that it serves.
consumer_handle make_consumer(std::string const& servers)
{
    auto settings = config{};
    settings.bootstrap_servers = servers;
    settings.group_id = "raw";
    auto conf = kafka::make_consumer_conf(settings);
    kafka::set(conf, "log.queue", "false");
    rd_kafka_conf_set_events(conf.get(), 0);
    auto reason = std::array<char, 512>{};
    auto client = consumer_handle{rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), reason.data(), reason.size())};
    if (!client)
        throw std::runtime_error{reason.data()};
    static_cast<void>(conf.release());
    rd_kafka_poll_set_consumer(client.get());
    return client;
}

void assign_all(rd_kafka_t* client, std::string const& topic)
{
    auto const list = kafka::partition_list{rd_kafka_topic_partition_list_new(path_partitions)};
    for (auto number = 0; number < path_partitions; ++number)
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), number)->offset = 0;
    if (auto const error = rd_kafka_assign(client, list.get()))
        throw std::runtime_error{rd_kafka_err2str(error)};
}

std::uint64_t read(rd_kafka_queue_t* queue, std::uint64_t count)
{
    auto batch = std::vector<rd_kafka_message_t*>(1'000);
    auto bytes = std::uint64_t{0};
    // What the queue counts first may be no record, and a look that finds nothing else empty.
    auto empty_looks = 0;
    while (count > 0)
    {
        auto const wanted = std::min<std::uint64_t>(batch.size(), count);
        auto const got = rd_kafka_consume_batch_queue(queue, 0, batch.data(), wanted);
        if (got < 0 || (got == 0 && ++empty_looks == 10))
            throw std::runtime_error{"records are missing"};
        for (auto* const each : std::span{batch}.first(static_cast<std::size_t>(got)))
        {
            if (each->err != RD_KAFKA_RESP_ERR_NO_ERROR)
                throw std::runtime_error{rd_kafka_message_errstr(each)};
            bytes += each->len;
            rd_kafka_message_destroy(each);
        }
        count -= static_cast<std::uint64_t>(got);
    }
    return bytes;
}

} // namespace

void count_raw(records_source& from)
{
    auto const topic = std::string{"raw"};
    from.make_topic(topic);
    auto const client = make_consumer(from.servers());
    auto const queue = kafka::queue_handle{rd_kafka_queue_get_consumer(client.get())};
    assign_all(client.get(), topic);
    for (auto const count : phase_sizes)
    {
        from.fill(topic, count);
        auto const deadline = std::chrono::steady_clock::now() + 60s;
        while (rd_kafka_queue_length(queue.get()) < count)
        {
            if (std::chrono::steady_clock::now() > deadline)
                throw std::runtime_error{"librdkafka does not fetch all records"};
            std::this_thread::yield();
        }
        auto const phase = counted_phase{phase_name(topic, count)};
        if (read(queue.get(), count) == 0)
            throw std::runtime_error{"records are empty"};
    }
}

} // namespace paperboy::bench

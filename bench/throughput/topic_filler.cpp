#include "throughput/topic_filler.hpp"

#include "kafka/property_check.hpp"

#include <array>
#include <chrono>
#include <iostream>
#include <numeric>
#include <span>
#include <stdexcept>
#include <thread>

namespace paperboy::bench
{
namespace
{

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto admin_timeout_ms = 60'000;
constexpr auto leader_patience = 60s;
constexpr auto flush_timeout_ms = 60'000;

using topic_handle = std::unique_ptr<rd_kafka_topic_t, kafka::destroy_with<&rd_kafka_topic_destroy>>;
using new_topic_handle = std::unique_ptr<rd_kafka_NewTopic_t, kafka::destroy_with<&rd_kafka_NewTopic_destroy>>;
using old_topic_handle = std::unique_ptr<rd_kafka_DeleteTopic_t, kafka::destroy_with<&rd_kafka_DeleteTopic_destroy>>;
using topic_conf_handle = std::unique_ptr<rd_kafka_topic_conf_t, kafka::destroy_with<&rd_kafka_topic_conf_destroy>>;

// Called by librdkafka for records that could not be delivered, on the thread that polls.
void count_failure(rd_kafka_t*, rd_kafka_message_t const* message, void* failures)
{
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        ++*static_cast<std::uint64_t*>(failures);
}

std::uint64_t failures = 0;

kafka::conf_handle producer_conf(std::string const& bootstrap_servers)
{
    auto conf = kafka::conf_handle{rd_kafka_conf_new()};
    kafka::set(conf, "bootstrap.servers", bootstrap_servers);
    kafka::set(conf, "client.id", "paperboy-throughput");
    kafka::set(conf, "enable.idempotence", "true");
    kafka::set(conf, "linger.ms", "50");
    kafka::set(conf, "queue.buffering.max.messages", "500000");
    kafka::set(conf, "queue.buffering.max.kbytes", "262144");
    kafka::set(conf, "message.timeout.ms", "60000");
    kafka::set(conf, "delivery.report.only.error", "true");
    rd_kafka_conf_set_dr_msg_cb(conf.get(), count_failure);
    rd_kafka_conf_set_opaque(conf.get(), &failures);
    return conf;
}

topic_handle open(rd_kafka_t* client, std::string const& name, char const* compression)
{
    auto conf = topic_conf_handle{rd_kafka_topic_conf_new()};
    auto reason = std::array<char, 256>{};
    for (auto const& [property, value] :
         {std::pair{"compression.codec", compression}, std::pair{"partitioner", "murmur2"}})
        if (rd_kafka_topic_conf_set(conf.get(), property, value, reason.data(), reason.size()) != RD_KAFKA_CONF_OK)
            throw std::runtime_error{reason.data()};
    return topic_handle{rd_kafka_topic_new(client, name.c_str(), conf.release())};
}

// The usual layout goes without saying.
std::string name_of(topic_kind const& kind, topic_layout layout, std::uint64_t records)
{
    auto name = std::string{"paperboy-bench-"};
    if (layout.partitions != topic_layout::usual || layout.active != topic_layout::usual)
        name += std::to_string(layout.active) + "of" + std::to_string(layout.partitions) + "-";
    return name + std::string{kind.name} + "-" + std::to_string(records);
}

bool produce_one(rd_kafka_topic_t* topic, std::int32_t partition, sample& from)
{
    auto* const key = from.key.empty() ? nullptr : from.key.data();
    return rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, from.value.data(), from.value.size(), key,
                            from.key.size(), nullptr) == 0;
}

} // namespace

std::uint64_t filled_topic::records() const
{
    return static_cast<std::uint64_t>(std::accumulate(partition_sizes.begin(), partition_sizes.end(), std::int64_t{0}));
}

topic_filler::topic_filler(std::string bootstrap_servers) : bootstrap_servers_{std::move(bootstrap_servers)}
{
    auto reason = std::array<char, 512>{};
    auto conf = producer_conf(bootstrap_servers_);
    client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), reason.data(), reason.size()));
    if (!client_)
        throw std::runtime_error{reason.data()};
    static_cast<void>(conf.release());
    rd_kafka_metadata_t const* metadata = nullptr;
    if (auto const error = rd_kafka_metadata(client_.get(), 0, nullptr, &metadata, admin_timeout_ms))
        fail("no broker answers", rd_kafka_err2str(error));
    rd_kafka_metadata_destroy(metadata);
}

void topic_filler::fail(std::string const& what, std::string const& why) const
{
    throw std::runtime_error{what + " at " + bootstrap_servers_ + ": " + why};
}

filled_topic topic_filler::fill(topic_kind const& kind, topic_layout layout, std::uint64_t records,
                                std::string const& suffix)
{
    auto result = filled_topic{name_of(kind, layout, records) + suffix, {}};
    create(result.name, layout.partitions, kind.changelog);
    if (kind.changelog)
        create(result.name + "-source", layout.partitions);
    result.partition_sizes = sizes(result.name, layout.partitions);
    if (result.records() < records)
    {
        std::cerr << "filling " << result.name << " ..." << std::endl;
        produce(result.name, kind, layout, result.records(), records);
        result.partition_sizes = sizes(result.name, layout.partitions);
    }
    if (result.records() != records)
        fail(result.name + " has " + std::to_string(result.records()) + " records instead of " +
                 std::to_string(records),
             "delete it, and run one benchmark at a time");
    return result;
}

void topic_filler::create(std::string const& name, std::int32_t partitions, bool compacted)
{
    auto reason = std::array<char, 512>{};
    auto const topic =
        new_topic_handle{rd_kafka_NewTopic_new(name.c_str(), partitions, 1, reason.data(), reason.size())};
    if (!topic)
        fail("cannot create " + name, reason.data());
    rd_kafka_NewTopic_set_config(topic.get(), "retention.ms", "-1");
    if (compacted)
        rd_kafka_NewTopic_set_config(topic.get(), "cleanup.policy", "compact");
    auto const queue = kafka::queue_handle{rd_kafka_queue_new(client_.get())};
    auto* one = topic.get();
    rd_kafka_CreateTopics(client_.get(), &one, 1, nullptr, queue.get());
    auto const event = kafka::event_handle{rd_kafka_queue_poll(queue.get(), admin_timeout_ms)};
    if (!event)
        fail("cannot create " + name, "no answer in time");
    if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("cannot create " + name, rd_kafka_event_error_string(event.get()));
    std::size_t count = 0;
    auto const* const topics =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (auto const* const each : std::span{topics, count})
        if (auto const error = rd_kafka_topic_result_error(each);
            error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            fail("cannot create " + name, rd_kafka_topic_result_error_string(each));
}

void topic_filler::remove(std::string const& name)
{
    auto const topic = old_topic_handle{rd_kafka_DeleteTopic_new(name.c_str())};
    auto const queue = kafka::queue_handle{rd_kafka_queue_new(client_.get())};
    auto* one = topic.get();
    rd_kafka_DeleteTopics(client_.get(), &one, 1, nullptr, queue.get());
    auto const event = kafka::event_handle{rd_kafka_queue_poll(queue.get(), admin_timeout_ms)};
    if (!event || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
        std::cerr << "topic " << name << " could not be deleted\n";
}

std::vector<std::int64_t> topic_filler::sizes(std::string const& name, std::int32_t partitions)
{
    auto all = std::vector<std::int64_t>{};
    for (std::int32_t each = 0; each < partitions; ++each)
        all.push_back(size_of(name, each));
    return all;
}

// A topic that was just made has no leaders, or even no partitions, for a moment; librdkafka 2.0.2 remembers the latter
// until it is told to look again.
std::int64_t topic_filler::size_of(std::string const& name, std::int32_t partition)
{
    auto const deadline = clock::now() + leader_patience;
    while (true)
    {
        std::int64_t low = 0;
        std::int64_t high = 0;
        auto const error =
            rd_kafka_query_watermark_offsets(client_.get(), name.c_str(), partition, &low, &high, admin_timeout_ms);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR && low == 0)
            return high;
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
            fail(name + " begins at offset " + std::to_string(low), "delete it");
        if (clock::now() > deadline)
            fail("cannot read the size of " + name, rd_kafka_err2str(error));
        std::this_thread::sleep_for(50ms);
        rd_kafka_metadata_t const* metadata = nullptr;
        if (rd_kafka_metadata(client_.get(), 0, open(client_.get(), name, "none").get(), &metadata, admin_timeout_ms) ==
            RD_KAFKA_RESP_ERR_NO_ERROR)
            rd_kafka_metadata_destroy(metadata);
    }
}

void topic_filler::produce(std::string const& name, topic_kind const& kind, topic_layout layout, std::uint64_t from,
                           std::uint64_t records)
{
    auto const topic = open(client_.get(), name, kind.compression);
    auto next = sample{};
    failures = 0;
    for (auto number = from; number < records; ++number)
    {
        kind.make(number, records, next);
        auto const active = static_cast<std::uint64_t>(layout.active);
        auto const turn = kind.skewed && number >= active ? 0 : static_cast<std::int32_t>(number % active);
        auto const partition = next.key.empty() ? turn : RD_KAFKA_PARTITION_UA;
        while (!produce_one(topic.get(), partition, next))
        {
            if (auto const error = rd_kafka_last_error(); error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
                fail("cannot produce to " + name, rd_kafka_err2str(error));
            rd_kafka_poll(client_.get(), 10);
        }
        if (failures > 0)
            break;
    }
    if (auto const error = rd_kafka_flush(client_.get(), flush_timeout_ms); error != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("cannot produce to " + name, rd_kafka_err2str(error));
    if (failures > 0)
        fail("cannot produce to " + name, std::to_string(failures) + " records were not delivered");
}

} // namespace paperboy::bench

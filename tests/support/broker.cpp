#include "support/broker.hpp"

#include <array>
#include <atomic>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <thread>

#include <unistd.h>

namespace paperboy::test
{
namespace
{

using namespace std::chrono_literals;

constexpr int patience_ms = 120'000;

template <class T>
using owned = std::unique_ptr<T, void (*)(T*)>;

// Sends an admin request and waits for its one event.
template <class Request>
owned<rd_kafka_event_t> ask(rd_kafka_t* client, Request const& request)
{
    auto const queue = owned<rd_kafka_queue_t>{rd_kafka_queue_new(client), rd_kafka_queue_destroy};
    request(queue.get());
    auto event = owned<rd_kafka_event_t>{rd_kafka_queue_poll(queue.get(), patience_ms), rd_kafka_event_destroy};
    if (!event)
        throw std::runtime_error{"the broker did not answer an admin request"};
    require(rd_kafka_event_error(event.get()), "an admin request failed");
    return event;
}

void require_topics(rd_kafka_topic_result_t const** results, std::size_t count)
{
    for (auto const* const each : std::span{results, count})
        require(rd_kafka_topic_result_error(each), rd_kafka_topic_result_name(each));
}

} // namespace

std::string environment(char const* name)
{
    auto const* const value = std::getenv(name);
    if (value == nullptr || *value == '\0')
        throw std::runtime_error{std::string{name} + " is not set: this test needs a service; run it with tools/test"};
    return value;
}

std::string bootstrap_servers()
{
    return environment("PAPERBOY_TEST_BOOTSTRAP");
}

std::string broker_tool()
{
    return environment("PAPERBOY_BROKER_TOOL");
}

std::string unique_name(std::string_view stem)
{
    static auto count = std::atomic<int>{0};
    static auto const run = std::chrono::system_clock::now().time_since_epoch() / 1ms;
    return std::string{stem} + "-" + std::to_string(run) + "-" + std::to_string(::getpid()) + "-" +
           std::to_string(++count);
}

bool eventually(std::function<bool()> const& predicate, std::chrono::milliseconds deadline)
{
    auto const end = std::chrono::steady_clock::now() + deadline;
    for (;;)
    {
        auto const late = std::chrono::steady_clock::now() >= end;
        if (predicate())
            return true;
        if (late)
            return false;
        std::this_thread::sleep_for(20ms);
    }
}

client_handle make_client(rd_kafka_type_t type, settings_map const& settings,
                          std::function<void(rd_kafka_conf_t*)> const& callbacks)
{
    auto reason = std::array<char, 512>{};
    auto* const conf = rd_kafka_conf_new();
    for (auto const& [name, value] : settings)
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) != RD_KAFKA_CONF_OK)
            throw std::runtime_error{reason.data()};
    if (callbacks)
        callbacks(conf);
    auto client = client_handle{rd_kafka_new(type, conf, reason.data(), reason.size())};
    if (!client)
        throw std::runtime_error{reason.data()};
    return client;
}

void require(rd_kafka_resp_err_t error, std::string const& what)
{
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw std::runtime_error{what + ": " + rd_kafka_err2str(error)};
}

void require(rd_kafka_error_t* error, std::string const& what)
{
    if (error == nullptr)
        return;
    auto const text = what + ": " + rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    throw std::runtime_error{text};
}

// ---- topics

cluster::cluster(std::string const& servers)
    : servers_{servers}, client_{make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", servers}})}
{
}

std::string cluster::make_topic(std::string_view stem, int partitions, settings_map const& config)
{
    auto const name = unique_name(stem);
    create_topic(name, partitions, config);
    return name;
}

void cluster::create_topic(std::string const& name, int partitions, settings_map const& config)
{
    auto reason = std::array<char, 512>{};
    auto topic = owned<rd_kafka_NewTopic_t>{
        rd_kafka_NewTopic_new(name.c_str(), partitions, 1, reason.data(), reason.size()), rd_kafka_NewTopic_destroy};
    if (!topic)
        throw std::runtime_error{reason.data()};
    for (auto const& [key, value] : config)
        require(rd_kafka_NewTopic_set_config(topic.get(), key.c_str(), value.c_str()), key);
    auto* all = topic.get();
    auto const is_taken = [&]
    {
        auto const event = ask(client_.get(), [&](rd_kafka_queue_t* queue)
                               { rd_kafka_CreateTopics(client_.get(), &all, 1, nullptr, queue); });
        std::size_t count = 0;
        auto const results =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
        // A broker that has stood still gets no partitions for a moment.
        if (count == 1 && rd_kafka_topic_result_error(results[0]) == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR)
            return false;
        require_topics(results, count);
        return true;
    };
    if (!eventually(is_taken))
        throw std::runtime_error{"topic " + name + " cannot be created: there are no brokers for it"};
    if (!eventually([&] { return visible_partitions(name) == partitions; }))
        throw std::runtime_error{"topic " + name + " does not appear"};
}

void cluster::delete_topic(std::string const& name)
{
    auto const topic =
        owned<rd_kafka_DeleteTopic_t>{rd_kafka_DeleteTopic_new(name.c_str()), rd_kafka_DeleteTopic_destroy};
    auto* all = topic.get();
    auto const event = ask(client_.get(), [&](rd_kafka_queue_t* queue)
                           { rd_kafka_DeleteTopics(client_.get(), &all, 1, nullptr, queue); });
    std::size_t count = 0;
    auto const results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
    require_topics(results, count);
    if (!eventually([&] { return visible_partitions(name) == 0; }))
        throw std::runtime_error{"topic " + name + " does not go away"};
}

void cluster::grow_topic(std::string const& name, int partitions)
{
    auto reason = std::array<char, 256>{};
    auto const more = owned<rd_kafka_NewPartitions_t>{
        rd_kafka_NewPartitions_new(name.c_str(), static_cast<std::size_t>(partitions), reason.data(), reason.size()),
        rd_kafka_NewPartitions_destroy};
    auto* all = more.get();
    auto const event = ask(client_.get(), [&](rd_kafka_queue_t* queue)
                           { rd_kafka_CreatePartitions(client_.get(), &all, 1, nullptr, queue); });
    std::size_t count = 0;
    auto const results =
        rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
    require_topics(results, count);
    if (!eventually([&] { return visible_partitions(name) == partitions; }))
        throw std::runtime_error{"topic " + name + " does not grow"};
}

void cluster::delete_records(std::string const& topic, int partitions)
{
    auto const list = owned<rd_kafka_topic_partition_list_t>{rd_kafka_topic_partition_list_new(partitions),
                                                             rd_kafka_topic_partition_list_destroy};
    for (std::int32_t partition = 0; partition < partitions; ++partition)
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_END;
    auto* all = rd_kafka_DeleteRecords_new(list.get());
    auto const event = ask(client_.get(), [&](rd_kafka_queue_t* queue)
                           { rd_kafka_DeleteRecords(client_.get(), &all, 1, nullptr, queue); });
    rd_kafka_DeleteRecords_destroy(all);
    auto const* const results = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()));
    for (auto const& each : std::span{results->elems, static_cast<std::size_t>(results->cnt)})
        require(each.err, "records of " + topic + " are not deleted");
}

int cluster::visible_partitions(std::string const& topic)
{
    auto const handle =
        owned<rd_kafka_topic_t>{rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr), rd_kafka_topic_destroy};
    rd_kafka_metadata_t const* metadata = nullptr;
    require(rd_kafka_metadata(client_.get(), 0, handle.get(), &metadata, patience_ms), "no metadata");
    auto count = 0;
    for (auto const& each :
         std::span{metadata->topics[0].partitions, static_cast<std::size_t>(metadata->topics[0].partition_cnt)})
        count += each.leader >= 0 ? 1 : 0;
    rd_kafka_metadata_destroy(metadata);
    return count;
}

std::int64_t cluster::end_offset(std::string const& topic, std::int32_t partition)
{
    std::int64_t low = 0;
    std::int64_t high = 0;
    require(rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), partition, &low, &high, patience_ms),
            "no watermarks of " + topic);
    return high;
}

// ---- groups

group_view::group_view(std::string const& group, std::string const& servers)
    : group_{group}, client_{make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", servers}, {"group.id", group}})}
{
}

std::map<std::int32_t, std::int64_t> group_view::committed(std::string const& topic, int partitions)
{
    auto const list = owned<rd_kafka_topic_partition_list_t>{rd_kafka_topic_partition_list_new(partitions),
                                                             rd_kafka_topic_partition_list_destroy};
    rd_kafka_topic_partition_list_add_range(list.get(), topic.c_str(), 0, partitions - 1);
    require(rd_kafka_committed(client_.get(), list.get(), patience_ms), "no committed offsets");
    auto offsets = std::map<std::int32_t, std::int64_t>{};
    for (auto const& each : std::span{list->elems, static_cast<std::size_t>(list->cnt)})
        if (each.offset >= 0)
            offsets[each.partition] = each.offset;
    return offsets;
}

std::string group_view::state()
{
    rd_kafka_group_list const* groups = nullptr;
    require(rd_kafka_list_groups(client_.get(), group_.c_str(), &groups, patience_ms), "no group");
    auto const text = std::string{groups->group_cnt == 1 ? groups->groups[0].state : ""};
    rd_kafka_group_list_destroy(groups);
    return text;
}

} // namespace paperboy::test

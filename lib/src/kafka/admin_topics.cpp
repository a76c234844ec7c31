#include "kafka/admin_client.hpp"

#include "kafka/admin_request.hpp"
#include "kafka/changelog_topic.hpp"
#include "kafka/groupless_config.hpp"
#include "kafka/kafka_error.hpp"
#include "kafka/property_check.hpp"
#include "kafka/topic_metadata.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <thread>

namespace paperboy
{
namespace
{

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto connect_look = 100;

std::chrono::milliseconds checked(std::chrono::milliseconds timeout)
{
    if (timeout < 100ms || timeout > 1h)
        throw setup_error{errc::invalid_config, "paperboy: the time-out of admin is " +
                                                    std::to_string(timeout.count()) +
                                                    " ms; set it to 100 to 3600000 ms"};
    return timeout;
}

// 1. A broker that is not a group's coordinator says so when it is asked for what the group has committed.
// 2. librdkafka tells the client's own group to look for its coordinator, without a look at whether there is one.
// 3. In a client without a group it follows a null pointer (its issue 5040: in 2.0.2, and still in 2026).
// Nobody joins this one; librdkafka asks where its coordinator is, and does not mind being refused that.
kafka::conf_handle make_conf(config const& settings)
{
    auto conf = kafka::make_groupless_conf(settings);
    kafka::set(conf, "group.id", settings.group_id.empty() ? "paperboy-admin" : settings.group_id);
    return conf;
}

} // namespace

admin::impl::impl(config const& settings, std::chrono::milliseconds timeout)
    : timeout_{checked(timeout)}, client_{make_conf(settings)}, events_{kafka::main_queue_of(client_.get())},
      news_{settings}
{
}

void admin::impl::begin(std::string const& doing)
{
    deadline_ = clock::now() + timeout_;
    while (!connected_)
    {
        struct rd_kafka_metadata const* raw = nullptr;
        auto const error = rd_kafka_metadata(client_.get(), 0, nullptr, &raw, std::min(connect_look, wait()));
        auto const metadata = kafka::metadata_handle{raw};
        connected_ = error == RD_KAFKA_RESP_ERR_NO_ERROR;
        news_.take(client_.get(), events_.get());
        news_.fail_when_refused(doing);
        if (!connected_ && clock::now() >= deadline_)
            fail(doing, error);
    }
}

void admin::impl::fail(std::string const& doing, rd_kafka_resp_err_t error, char const* reason)
{
    news_.take(client_.get(), events_.get());
    news_.fail(doing, error, reason);
}

void admin::impl::require(kafka::event_handle const& answer, std::string const& doing)
{
    if (!answer)
        fail(doing, RD_KAFKA_RESP_ERR__TIMED_OUT);
    if (auto const error = rd_kafka_event_error(answer.get()))
        fail(doing, error, rd_kafka_event_error_string(answer.get()));
}

std::vector<topic_description> admin::impl::topics()
{
    auto const doing = std::string{"ask for the topics"};
    begin(doing);
    struct rd_kafka_metadata const* raw = nullptr;
    if (auto const error = rd_kafka_metadata(client_.get(), 1, nullptr, &raw, wait()))
        fail(doing, error);
    auto const metadata = kafka::metadata_handle{raw};
    auto all = std::vector<topic_description>{};
    for (auto const& each : std::span{raw->topics, static_cast<std::size_t>(raw->topic_cnt)})
        if (each.err == RD_KAFKA_RESP_ERR_NO_ERROR)
        {
            auto& topic = all.emplace_back();
            topic.name = each.topic;
            topic.partitions = each.partition_cnt;
        }
    std::ranges::sort(all, {}, &topic_description::name);
    return all;
}

topic_description admin::impl::topic(std::string const& name)
{
    auto const doing = "ask for topic \"" + name + "\"";
    begin(doing);
    auto const found = kafka::ask_topic_metadata(client_.get(), name, wait());
    if (kafka::kind_of(kafka::make_code(found.error)) == kafka::error_kind::missing_topic)
        throw cluster_error{errc::missing_topic,
                            "paperboy: there is no topic \"" + name + "\"; check the name, or create it"};
    if (found.error != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail(doing, found.error);
    auto topic = topic_description{};
    topic.name = name;
    topic.partitions = static_cast<std::int32_t>(found.partitions.size());
    return topic;
}

std::vector<partition_offset> admin::impl::offsets_at(std::span<topic_partition const> partitions, std::int64_t time,
                                                      std::string const& what)
{
    auto found = std::vector<partition_offset>{};
    if (partitions.empty())
        return found;
    begin("ask for " + what + " of " + to_string(partitions.front()));
    auto const list = kafka::partition_list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
    for (auto const& each : partitions)
        rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition)->offset = time;
    auto const error = rd_kafka_offsets_for_times(client_.get(), list.get(), wait());
    for (auto const& each : std::span{list->elems, static_cast<std::size_t>(list->cnt)})
    {
        if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR || error != RD_KAFKA_RESP_ERR_NO_ERROR)
            fail("ask for " + what + " of " + to_string(topic_partition{each.topic, each.partition}),
                 error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : each.err);
        found.emplace_back(each.topic, each.partition, each.offset);
    }
    return found;
}

std::string admin::impl::not_ready(std::string const& topic, std::int32_t partitions, int wait)
{
    auto const found = kafka::ask_topic_metadata(client_.get(), topic, wait);
    if (found.error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return rd_kafka_err2str(found.error);
    if (found.partitions.size() != static_cast<std::size_t>(partitions))
        return "it has " + std::to_string(found.partitions.size()) + " partitions";
    for (auto const& each : found.partitions)
        if (each.leader < 0)
            return "partition " + std::to_string(each.id) + " has no leader";
    return {};
}

void admin::impl::require_each(rd_kafka_topic_result_t const* const* results, std::size_t count,
                               std::string const& doing)
{
    for (auto const* const each : std::span{results, count})
        if (auto const error = rd_kafka_topic_result_error(each))
            fail(doing, error, rd_kafka_topic_result_error_string(each));
}

// The brokers learn of a topic one after the other, so whether it can be used is looked up, too.
void admin::impl::create_topic(std::string const& name, std::int32_t partitions, properties const& settings)
{
    auto const doing = "create topic \"" + name + "\" with " + std::to_string(partitions) + " partitions";
    begin(doing);
    auto reason = std::array<char, 512>{};
    auto const topic =
        kafka::new_topic_handle{rd_kafka_NewTopic_new(name.c_str(), partitions, -1, reason.data(), reason.size())};
    if (!topic)
        fail(doing, RD_KAFKA_RESP_ERR__INVALID_ARG, reason.data());
    for (auto const& [property, value] : settings)
        rd_kafka_NewTopic_set_config(topic.get(), property.c_str(), value.c_str());
    auto* all = topic.get();
    auto const answer = kafka::ask_brokers(client_, RD_KAFKA_ADMIN_OP_CREATETOPICS, wait(),
                                           [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue)
                                           { rd_kafka_CreateTopics(client_.get(), &all, 1, options, queue); });
    require(answer, doing);
    auto count = std::size_t{0};
    require_each(rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count), count,
                 doing);
    auto missing = std::string{};
    while (!(missing = not_ready(name, partitions, wait())).empty())
    {
        if (clock::now() >= deadline_)
            fail("use topic \"" + name + "\" after its creation", RD_KAFKA_RESP_ERR__TIMED_OUT, missing.c_str());
        std::this_thread::sleep_for(admin_pause);
    }
}

std::string admin::impl::changelog_identity(std::string const& topic)
{
    begin("ask for the settings of topic \"" + topic + "\"");
    auto found = kafka::identify_changelog(client_, topic, deadline_);
    if (found.error)
        throw cluster_error{found.error,
                            "paperboy: cannot ask for the settings of topic \"" + topic + "\": " + found.text};
    return std::move(found.identity);
}

void admin::impl::delete_topic(std::string const& name)
{
    auto const doing = "delete topic \"" + name + "\"";
    begin(doing);
    using old_topic = std::unique_ptr<rd_kafka_DeleteTopic_t, kafka::destroy_with<&rd_kafka_DeleteTopic_destroy>>;
    auto const topic = old_topic{rd_kafka_DeleteTopic_new(name.c_str())};
    auto* all = topic.get();
    auto const answer = kafka::ask_brokers(client_, RD_KAFKA_ADMIN_OP_DELETETOPICS, wait(),
                                           [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue)
                                           { rd_kafka_DeleteTopics(client_.get(), &all, 1, options, queue); });
    require(answer, doing);
    auto count = std::size_t{0};
    require_each(rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer.get()), &count), count,
                 doing);
}

} // namespace paperboy

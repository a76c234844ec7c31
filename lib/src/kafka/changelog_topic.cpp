#include "kafka/changelog_topic.hpp"

#include "kafka/admin_request.hpp"
#include "kafka/changelog_topic_fsm.hpp"
#include "kafka/deadline.hpp"
#include "kafka/handles.hpp"
#include "kafka/kafka_error.hpp"
#include "kafka/topic_metadata.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

namespace paperboy::kafka
{
namespace
{

using clock = std::chrono::steady_clock;
using resource_handle = std::unique_ptr<rd_kafka_ConfigResource_t, destroy_with<&rd_kafka_ConfigResource_destroy>>;

constexpr auto longest_question = std::chrono::milliseconds{5000};
constexpr auto look_pause = std::chrono::milliseconds{100};

// Marks are the upper half of all numbers of milliseconds: no one sets a retention.ms of 146 million years by hand.
constexpr auto least_mark = std::int64_t{1} << 62;
constexpr auto mark_setting = "retention.ms";

std::string new_mark()
{
    auto source = std::random_device{};
    auto const random = (std::uint64_t{source()} << 32U | source()) >> 2U;
    return std::to_string(least_mark | static_cast<std::int64_t>(random));
}

bool is_mark(std::string const& text)
{
    auto number = std::int64_t{0};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && number >= least_mark && number != INT64_MAX;
}

int question_time(clock::time_point deadline)
{
    return std::min(left_until(deadline), static_cast<int>(longest_question.count()));
}

topic_news topic_news_of(rd_kafka_resp_err_t error) noexcept
{
    switch (error)
    {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return topic_news::yes;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
        return topic_news::almost;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        return topic_news::missing;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return topic_news::refused;
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        return topic_news::bad_settings;
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
        return topic_news::impossible;
    default:
        return topic_news::unanswered;
    }
}

topic_reply reply_of(rd_kafka_resp_err_t error, char const* text = nullptr)
{
    auto reply = topic_reply{};
    reply.news = topic_news_of(error);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    {
        reply.error = make_code(error);
        reply.text = text == nullptr ? rd_kafka_err2str(error) : text;
    }
    return reply;
}

topic_reply look(client const& of, std::string const& topic, clock::time_point deadline)
{
    auto const found = ask_topic_metadata(of.get(), topic, question_time(deadline));
    auto reply = reply_of(found.error);
    reply.partitions = static_cast<std::int32_t>(found.partitions.size());
    for (auto const& each : found.partitions)
        if (each.leader < 0 && reply.news == topic_news::yes)
        {
            reply.news = topic_news::almost;
            reply.text = "partition " + std::to_string(each.id) + " has no leader";
        }
    return reply;
}

topic_reply reply_of(event_handle const& event)
{
    if (!event)
        return reply_of(RD_KAFKA_RESP_ERR__TIMED_OUT);
    return reply_of(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()));
}

std::string policy_of(changelog_spec const& spec)
{
    auto const given = spec.topic_properties.find("cleanup.policy");
    return given == spec.topic_properties.end() ? "compact" : given->second;
}

new_topic_handle describe_new(changelog_spec const& spec, bool marked, std::string& problem)
{
    auto reason = std::array<char, 512>{};
    auto topic = new_topic_handle{rd_kafka_NewTopic_new(spec.topic.c_str(), spec.partitions, spec.replication_factor,
                                                        reason.data(), reason.size())};
    if (!topic)
    {
        problem = reason.data();
        return topic;
    }
    auto settings = spec.topic_properties;
    settings.insert({"cleanup.policy", policy_of(spec)});
    if (marked && !changelog_topic_fsm::has_policy(policy_of(spec), "delete"))
        settings.insert({mark_setting, new_mark()});
    for (auto const& [name, value] : settings)
        rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    return topic;
}

topic_reply create(client const& of, changelog_spec const& spec, bool marked, clock::time_point deadline)
{
    auto problem = std::string{};
    auto const topic = describe_new(spec, marked, problem);
    if (!topic)
        return reply_of(RD_KAFKA_RESP_ERR__INVALID_ARG, problem.c_str());
    auto* all = topic.get();
    auto const event = ask_brokers(of, RD_KAFKA_ADMIN_OP_CREATETOPICS, question_time(deadline),
                                   [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue)
                                   { rd_kafka_CreateTopics(of.get(), &all, 1, options, queue); });
    auto reply = reply_of(event);
    if (reply.news != topic_news::yes)
        return reply;
    std::size_t count = 0;
    auto const* const* const results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    if (count != 1)
        return reply_of(RD_KAFKA_RESP_ERR__BAD_MSG);
    return reply_of(rd_kafka_topic_result_error(results[0]), rd_kafka_topic_result_error_string(results[0]));
}

// librdkafka sends questions for settings to the controller, and would wait in vain for one that is no broker: the
// mock's has the id 0, which none of its brokers has. The id -1 means that there is none. When there are no metadata,
// it is asked all the same.
topic_reply look_for_controller(client const& of, clock::time_point deadline)
{
    constexpr auto text = "the cluster has no controller that could be asked";
    struct rd_kafka_metadata const* raw = nullptr;
    if (rd_kafka_metadata(of.get(), 0, nullptr, &raw, question_time(deadline)) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return reply_of(RD_KAFKA_RESP_ERR_NO_ERROR);
    auto const metadata = metadata_handle{raw};
    auto const controller = rd_kafka_controllerid(of.get(), 0);
    if (controller < 0)
    {
        auto reply = reply_of(RD_KAFKA_RESP_ERR__RETRY, text);
        reply.news = topic_news::no_controller;
        return reply;
    }
    auto const brokers = std::span{metadata->brokers, static_cast<std::size_t>(metadata->broker_cnt)};
    auto const found = std::ranges::any_of(brokers, [&](auto const& each) { return each.id == controller; });
    return found ? reply_of(RD_KAFKA_RESP_ERR_NO_ERROR) : reply_of(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, text);
}

topic_reply describe(client const& of, std::string const& topic, clock::time_point deadline)
{
    if (auto const controller = look_for_controller(of, deadline); controller.news != topic_news::yes)
        return controller;
    auto const resource = resource_handle{rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str())};
    auto* all = resource.get();
    auto const event = ask_brokers(of, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, question_time(deadline),
                                   [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue)
                                   { rd_kafka_DescribeConfigs(of.get(), &all, 1, options, queue); });
    auto reply = reply_of(event);
    if (reply.news != topic_news::yes)
        return reply;
    std::size_t count = 0;
    auto const* const* const resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    if (count != 1)
        return reply_of(RD_KAFKA_RESP_ERR__BAD_MSG);
    reply = reply_of(rd_kafka_ConfigResource_error(resources[0]), rd_kafka_ConfigResource_error_string(resources[0]));
    auto const* const* const entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    for (auto const* const each : std::span{entries, count})
        if (auto const* const value = rd_kafka_ConfigEntry_value(each))
            reply.settings[rd_kafka_ConfigEntry_name(each)] = value;
    return reply;
}

std::string cluster_of(client const& of, clock::time_point deadline)
{
    struct free_text
    {
        rd_kafka_t* client;
        void operator()(char* text) const noexcept { rd_kafka_mem_free(client, text); }
    };
    auto const id =
        std::unique_ptr<char, free_text>{rd_kafka_clusterid(of.get(), question_time(deadline)), free_text{of.get()}};
    return id ? id.get() : "";
}

std::string identity_of(client const& of, std::string const& topic, std::string const& mark, clock::time_point deadline)
{
    return cluster_of(of, deadline) + "/" + topic + (is_mark(mark) ? "#" + mark : "");
}

// What identity_of() has put together.
struct identity_parts
{
    explicit identity_parts(std::string_view text) noexcept
    {
        if (auto const slash = text.find('/'); slash != std::string_view::npos)
        {
            cluster = text.substr(0, slash);
            text.remove_prefix(slash + 1);
        }
        topic = text.substr(0, text.find('#'));
        if (topic.size() < text.size())
            mark = text.substr(topic.size() + 1);
    }
    std::string_view cluster;
    std::string_view topic;
    std::string_view mark;
};

bool both_and_others(std::string_view one, std::string_view other) noexcept
{
    return !one.empty() && !other.empty() && one != other;
}

// Empty, or what cannot work.
std::string mistake_in(changelog_spec const& spec)
{
    if (spec.topic.empty())
        return "the changelog topic of a table has no name; set table_options::changelog";
    if (spec.partitions < 1)
        return "changelog topic \"" + spec.topic + "\" cannot have " + std::to_string(spec.partitions) + " partitions";
    if (!changelog_topic_fsm::has_policy(policy_of(spec), "compact"))
        return "changelog topic \"" + spec.topic + "\": table_options::topic_properties give it cleanup.policy \"" +
               policy_of(spec) + "\", which does not keep the last change of each key; use \"compact\"";
    return {};
}

topic_step take(client const& of, changelog_spec const& spec, changelog_topic_fsm& fsm, topic_step step,
                clock::time_point deadline)
{
    switch (step)
    {
    case topic_step::look:
        return fsm.looked(look(of, spec.topic, deadline));
    case topic_step::create:
        return fsm.created(create(of, spec, fsm.marked(), deadline));
    case topic_step::describe:
        return fsm.described(describe(of, spec.topic, deadline), clock::now());
    case topic_step::end:
        break;
    }
    return topic_step::end;
}

} // namespace

bool certainly_another(std::string_view one, std::string_view other) noexcept
{
    auto const first = identity_parts{one};
    auto const second = identity_parts{other};
    return both_and_others(first.cluster, second.cluster) || both_and_others(first.topic, second.topic) ||
           both_and_others(first.mark, second.mark);
}

bool is_whole_identity(std::string_view identity) noexcept
{
    auto const parts = identity_parts{identity};
    return !parts.cluster.empty() && !parts.mark.empty();
}

changelog_finding ensure_changelog(client const& of, changelog_spec const& spec, clock::time_point deadline)
{
    auto finding = changelog_finding{};
    if (auto const mistake = mistake_in(spec); !mistake.empty())
    {
        finding.error = errc::invalid_config;
        finding.text = mistake;
        return finding;
    }
    auto fsm =
        changelog_topic_fsm{{spec.topic, spec.partitions, policy_of(spec), spec.any_number, spec.await_controller}};
    auto step = topic_step::look;
    while (step != topic_step::end && clock::now() < deadline)
    {
        auto const before = std::exchange(step, take(of, spec, fsm, step, deadline));
        if (step == before || step == topic_step::look)
            std::this_thread::sleep_for(look_pause);
    }
    if (step != topic_step::end)
        fsm.expired(make_code(RD_KAFKA_RESP_ERR__TIMED_OUT));
    finding.error = fsm.error();
    finding.text = fsm.text();
    finding.partitions = fsm.partitions();
    finding.created = fsm.was_created();
    finding.without_controller = fsm.without_controller();
    finding.identity = identity_of(of, spec.topic, fsm.setting(mark_setting), deadline);
    auto const stay = fsm.setting("delete.retention.ms");
    auto ms = std::int64_t{0};
    if (std::from_chars(stay.data(), stay.data() + stay.size(), ms).ec == std::errc{})
        finding.tombstones_stay = std::chrono::milliseconds{ms};
    return finding;
}

changelog_finding identify_changelog(client const& of, std::string const& topic, clock::time_point deadline)
{
    auto finding = changelog_finding{};
    auto const reply = describe(of, topic, deadline);
    finding.error = reply.error;
    finding.text = reply.text;
    if (reply.news != topic_news::yes)
        return finding;
    auto const mark = reply.settings.find(mark_setting);
    finding.identity = identity_of(of, topic, mark == reply.settings.end() ? std::string{} : mark->second, deadline);
    return finding;
}

} // namespace paperboy::kafka

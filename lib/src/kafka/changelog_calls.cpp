#include "kafka/changelog_calls.hpp"

#include "kafka/deadline.hpp"
#include "kafka/handles.hpp"
#include "kafka/kafka_error.hpp"
#include "kafka/offset_queries.hpp"
#include "kafka/producer.hpp"
#include "kafka/topic_metadata.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace paperboy::kafka
{
namespace
{

using clock = std::chrono::steady_clock;
using partition_offsets = std::map<std::int32_t, std::int64_t>;

thread_local caught_error* catching = nullptr;

topic_handle topic_of(client const& of, std::string const& name)
{
    return topic_handle{rd_kafka_topic_new(of.get(), name.c_str(), nullptr)};
}

changelog_news news_of(rd_kafka_resp_err_t error) noexcept
{
    switch (error)
    {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return changelog_news::known;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        return changelog_news::no_topic;
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return changelog_news::no_partition;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return changelog_news::refused;
    default:
        return changelog_news::unanswered;
    }
}

// What is known of the partitions of one topic while they are asked for.
using topic_ranges = std::map<std::int32_t, changelog_range>;

void set_all(topic_ranges& ranges, rd_kafka_resp_err_t error)
{
    for (auto& [partition, range] : ranges)
        range = {news_of(error), 0, 0, make_code(error)};
}

// Which of the partitions there are, and have a leader that can be asked.
void look_up(client const& of, std::string const& topic, topic_ranges& ranges, clock::time_point deadline)
{
    auto const found = ask_topic_metadata(of.get(), topic, left_until(deadline));
    if (found.error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return set_all(ranges, found.error);
    set_all(ranges, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
    for (auto const& each : found.partitions)
        if (auto const at = ranges.find(each.id); at != ranges.end())
            at->second.news = each.leader < 0 ? changelog_news::unanswered : changelog_news::known;
}

// The offsets that stand for a time, of the partitions that are there; nothing without an answer.
partition_offsets ask_offsets(client const& of, std::string const& topic, topic_ranges const& ranges, std::int64_t time,
                              clock::time_point deadline)
{
    auto const list = partition_list{rd_kafka_topic_partition_list_new(static_cast<int>(ranges.size()))};
    for (auto const& [partition, range] : ranges)
        if (range.news == changelog_news::known)
            rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = time;
    auto found = partition_offsets{};
    if (list->cnt == 0 || rd_kafka_offsets_for_times(of.get(), list.get(), left_until(deadline)))
        return found;
    for (auto const& each : std::span{list->elems, static_cast<std::size_t>(list->cnt)})
        if (each.err == RD_KAFKA_RESP_ERR_NO_ERROR && each.offset >= 0)
            found[each.partition] = each.offset;
    return found;
}

void ask_topic(client const& of, std::string const& topic, topic_ranges& ranges, clock::time_point deadline)
{
    look_up(of, topic, ranges, deadline);
    auto const begins = ask_offsets(of, topic, ranges, time_of_oldest, deadline);
    auto const ends = ask_offsets(of, topic, ranges, time_of_end, deadline);
    for (auto& [partition, range] : ranges)
    {
        if (range.news != changelog_news::known)
            continue;
        auto const begin = begins.find(partition);
        auto const end = ends.find(partition);
        if (begin == begins.end() || end == ends.end())
            range = {};
        else
            range = {changelog_news::known, begin->second, end->second, {}};
    }
}

} // namespace

caught_error::caught_error() noexcept
{
    catching = this;
}

caught_error::~caught_error()
{
    catching = nullptr;
}

void caught_error::enable(conf_handle const& conf) noexcept
{
    rd_kafka_conf_set_error_cb(conf.get(),
                               [](rd_kafka_t*, int error, char const* reason, void*)
                               {
                                   if (catching == nullptr)
                                       return;
                                   catching->error = make_code(static_cast<rd_kafka_resp_err_t>(error));
                                   catching->text = reason;
                               });
}

error_code start_fetching(client const& of, topic_partition const& where, std::int64_t offset)
{
    auto const topic = topic_of(of, where.topic);
    if (!topic || rd_kafka_consume_start(topic.get(), where.partition, offset) != 0)
        return make_code(rd_kafka_last_error());
    return {};
}

void stop_fetching(client const& of, topic_partition const& where)
{
    if (auto const topic = topic_of(of, where.topic))
        rd_kafka_consume_stop(topic.get(), where.partition);
}

std::vector<changelog_range> changelog_ranges(client const& of, std::span<topic_partition const> partitions,
                                              std::chrono::milliseconds timeout)
{
    auto topics = std::map<std::string, topic_ranges>{};
    for (auto const& each : partitions)
        topics[each.topic][each.partition] = {};
    // A topic whose broker does not answer leaves time for the others.
    for (auto& [topic, ranges] : topics)
        ask_topic(of, topic, ranges, clock::now() + timeout / topics.size());
    auto answers = std::vector<changelog_range>{};
    answers.reserve(partitions.size());
    for (auto const& each : partitions)
        answers.push_back(topics[each.topic][each.partition]);
    return answers;
}

changelog_error judge(error_code error) noexcept
{
    if (error == make_code(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) ||
        error == make_code(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) || is_missing(error))
        return changelog_error::uncertain;
    if (kind_of(error) == error_kind::authorization)
        return changelog_error::refused;
    if (error == condition::retriable)
        return changelog_error::transient;
    return changelog_error::unreadable;
}

} // namespace paperboy::kafka

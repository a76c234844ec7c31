#include "kafka/offset_queries.hpp"

#include "kafka/handles.hpp"

#include <algorithm>
#include <utility>

namespace paperboy::kafka
{

std::string trouble_in(rd_kafka_resp_err_t whole, rd_kafka_topic_partition_list_t const& answer)
{
    for (auto const& each : std::span{answer.elems, static_cast<std::size_t>(answer.cnt)})
        if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return to_string(topic_partition{each.topic, each.partition}) + ": " + rd_kafka_err2str(each.err);
    if (whole == RD_KAFKA_RESP_ERR_NO_ERROR)
        return {};
    auto const others = answer.cnt > 1 ? " or one of " + std::to_string(answer.cnt - 1) + " others" : std::string{};
    auto const& first = answer.elems[0];
    return to_string(topic_partition{first.topic, first.partition}) + others + ": " + rd_kafka_err2str(whole);
}

bool offsets_at(client const& of, std::map<topic_partition, std::int64_t>& times, std::chrono::milliseconds timeout,
                std::string* why)
{
    if (times.empty())
        return true;
    auto const list = partition_list{rd_kafka_topic_partition_list_new(static_cast<int>(times.size()))};
    for (auto const& [where, time] : times)
        rd_kafka_topic_partition_list_add(list.get(), where.topic.c_str(), where.partition)->offset = time;
    auto const whole = rd_kafka_offsets_for_times(of.get(), list.get(), static_cast<int>(timeout.count()));
    if (auto trouble = trouble_in(whole, *list); !trouble.empty())
    {
        if (why != nullptr)
            *why = std::move(trouble);
        return false;
    }
    for (auto const& each : std::span{list->elems, static_cast<std::size_t>(list->cnt)})
        times[{each.topic, each.partition}] = each.offset;
    return true;
}

// One question to each broker for all partitions that it leads, not one for each partition.
std::optional<std::vector<partition_offset>> end_offsets(client const& of, std::span<topic_partition const> partitions,
                                                         std::chrono::milliseconds timeout)
{
    auto oldest = std::map<topic_partition, std::int64_t>{};
    for (auto const& each : partitions)
        oldest.emplace(each, time_of_oldest);
    auto end = oldest;
    for (auto& each : end)
        each.second = time_of_end;
    if (!offsets_at(of, oldest, timeout) || !offsets_at(of, end, timeout))
        return std::nullopt;
    auto ends = std::vector<partition_offset>{};
    for (auto const& [where, offset] : end)
        ends.emplace_back(where.topic, where.partition, oldest.at(where) == offset ? 0 : offset);
    return ends;
}

std::optional<std::vector<partition_offset>>
committed_offsets(client const& of, std::span<topic_partition const> partitions, std::chrono::milliseconds timeout)
{
    auto const list = partition_list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
    for (auto const& each : partitions)
        rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
    if (rd_kafka_committed(of.get(), list.get(), static_cast<int>(timeout.count())) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return std::nullopt;
    auto offsets = std::vector<partition_offset>{};
    for (auto const& each : std::span{list->elems, static_cast<std::size_t>(list->cnt)})
        offsets.emplace_back(each.topic, each.partition, std::max<std::int64_t>(each.offset, 0));
    return offsets;
}

std::optional<std::vector<topic_partition>>
partitions_of(client const& of, std::function<bool(std::string_view)> const& wanted, std::chrono::milliseconds timeout)
{
    struct rd_kafka_metadata const* raw = nullptr;
    if (rd_kafka_metadata(of.get(), 1, nullptr, &raw, static_cast<int>(timeout.count())) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return std::nullopt;
    auto const metadata = metadata_handle{raw};
    auto partitions = std::vector<topic_partition>{};
    for (auto const& topic : std::span{metadata->topics, static_cast<std::size_t>(metadata->topic_cnt)})
        if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && wanted(topic.topic))
            for (auto number = 0; number < topic.partition_cnt; ++number)
                partitions.emplace_back(topic.topic, number);
    return partitions;
}

} // namespace paperboy::kafka

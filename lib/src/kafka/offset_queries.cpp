#include "kafka/offset_queries.hpp"

#include "kafka/handles.hpp"

#include <algorithm>

namespace paperboy::kafka
{
namespace
{

using clock = std::chrono::steady_clock;

int left_until(clock::time_point deadline)
{
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 1));
}

struct destroy_metadata
{
    void operator()(struct rd_kafka_metadata const* of) const noexcept { rd_kafka_metadata_destroy(of); }
};

} // namespace

std::vector<partition_offset> end_offsets(client const& of, std::span<topic_partition const> partitions,
                                          std::chrono::milliseconds timeout)
{
    auto const deadline = clock::now() + timeout;
    auto ends = std::vector<partition_offset>{};
    for (auto const& each : partitions)
    {
        if (clock::now() >= deadline)
            break;
        auto low = std::int64_t{0};
        auto high = std::int64_t{0};
        if (rd_kafka_query_watermark_offsets(of.get(), each.topic.c_str(), each.partition, &low, &high,
                                             left_until(deadline)) != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        // Nothing is in there: nothing has to be passed.
        ends.emplace_back(each.topic, each.partition, low == high ? 0 : high);
    }
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
    auto const metadata = std::unique_ptr<struct rd_kafka_metadata const, destroy_metadata>{raw};
    auto partitions = std::vector<topic_partition>{};
    for (auto const& topic : std::span{metadata->topics, static_cast<std::size_t>(metadata->topic_cnt)})
        if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && wanted(topic.topic))
            for (auto number = 0; number < topic.partition_cnt; ++number)
                partitions.emplace_back(topic.topic, number);
    return partitions;
}

} // namespace paperboy::kafka

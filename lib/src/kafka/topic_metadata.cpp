#include "kafka/topic_metadata.hpp"

#include <cstddef>

namespace paperboy::kafka
{

topic_metadata ask_topic_metadata(rd_kafka_t* client, std::string const& topic, int timeout)
{
    auto answer = topic_metadata{};
    auto const handle = topic_handle{rd_kafka_topic_new(client, topic.c_str(), nullptr)};
    if (!handle)
    {
        answer.error = rd_kafka_last_error();
        return answer;
    }
    struct rd_kafka_metadata const* raw = nullptr;
    if (auto const error = rd_kafka_metadata(client, 0, handle.get(), &raw, timeout))
    {
        answer.error = error;
        return answer;
    }
    answer.whole = metadata_handle{raw};
    if (raw->topic_cnt != 1)
        return answer;
    auto const& found = raw->topics[0];
    answer.error = found.err;
    answer.partitions = {found.partitions, static_cast<std::size_t>(found.partition_cnt)};
    return answer;
}

} // namespace paperboy::kafka

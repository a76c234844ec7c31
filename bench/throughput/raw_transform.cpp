#include "throughput/hand_written.hpp"
#include "throughput/transform_modes.hpp"

#include <chrono>
#include <stdexcept>

namespace paperboy::bench
{
namespace
{

using steady = std::chrono::steady_clock;

constexpr auto commit_every = std::chrono::seconds{1};
constexpr auto admin_ms = 60'000;

void require(rd_kafka_resp_err_t error)
{
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw std::runtime_error{rd_kafka_err2str(error)};
}

class forwarder
{
public:
    explicit forwarder(options const& from)
        : from_{from}, producer_{make_producer(from)},
          output_{rd_kafka_topic_new(producer_.get(), from.output.c_str(), nullptr)}, consumer_{make_consumer(from)},
          next_offsets_(from.partition_sizes.size()), counted_{from.total()}
    {
        subscribe(consumer_, from.topic);
    }

    [[nodiscard]] measurement run()
    {
        auto const queue = kafka::queue_handle{rd_kafka_queue_get_consumer(consumer_.get())};
        auto messages = message_batch{from_.batch_size};
        auto next = steady::now() + commit_every;
        while (!forward(messages.take(queue.get(), counted_.remaining())))
            if (steady::now() >= next)
            {
                commit();
                next = steady::now() + commit_every;
            }
        messages.clear();
        commit();
        counted_.extend();
        return counted_.result();
    }

private:
    // True when these were the last.
    bool forward(std::span<rd_kafka_message_t* const> messages)
    {
        auto checksum = std::uint64_t{0};
        for (auto const* const each : messages)
        {
            checksum += each->len + *static_cast<unsigned char const*>(each->payload);
            next_offsets_[static_cast<std::size_t>(each->partition)] = each->offset + 1;
            auto out = rd_kafka_message_t{};
            out.partition = each->partition;
            out.key = each->key;
            out.key_len = each->key_len;
            out.payload = each->payload;
            out.len = each->len;
            sends_.push_back(out);
        }
        produce_all(producer_, output_, sends_);
        sends_.clear();
        return !messages.empty() && counted_.add(messages.size(), checksum);
    }

    void commit()
    {
        require(rd_kafka_flush(producer_.get(), admin_ms));
        auto const list = kafka::partition_list{rd_kafka_topic_partition_list_new(1)};
        for (std::size_t i = 0; i < next_offsets_.size(); ++i)
            if (next_offsets_[i] > 0)
                rd_kafka_topic_partition_list_add(list.get(), from_.topic.c_str(), static_cast<std::int32_t>(i))
                    ->offset = next_offsets_[i];
        // Before its first record the group may not be joined yet.
        if (list->cnt > 0)
            require(rd_kafka_commit(consumer_.get(), list.get(), 0));
    }

    options const& from_;
    client_handle producer_;
    kafka::topic_handle output_;
    client_handle consumer_;
    std::vector<std::int64_t> next_offsets_;
    std::vector<rd_kafka_message_t> sends_;
    progress counted_;
};

} // namespace

measurement transform_raw(options const& from)
{
    return forwarder{from}.run();
}

std::vector<mode> transform_modes()
{
    return {{"transform-raw", transform_raw, "transform-raw", true, false},
            {"transform", transform, "transform-raw", true, false}};
}

} // namespace paperboy::bench

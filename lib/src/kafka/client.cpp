#include "kafka/client.hpp"

#include <array>
#include <span>
#include <string>
#include <utility>

namespace paperboy::kafka
{
namespace
{

rd_kafka_t* make_consumer(conf_handle conf)
{
    auto reason = std::array<char, 512>{};
    auto* const handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), reason.data(), reason.size());
    if (handle == nullptr)
        throw setup_error{errc::invalid_config,
                          std::string{"paperboy: librdkafka refuses this combination of settings: "} + reason.data()};
    static_cast<void>(conf.release());
    return handle;
}

} // namespace

void discard(rd_kafka_queue_t* queue) noexcept
{
    auto rest = std::array<rd_kafka_message_t*, 256>{};
    auto count = ssize_t{0};
    while ((count = rd_kafka_consume_batch_queue(queue, 0, rest.data(), rest.size())) > 0)
        for (auto* const each : std::span{rest}.first(static_cast<std::size_t>(count)))
            rd_kafka_message_destroy(each);
}

client::client(conf_handle conf)
    : fetchers_{fetch_wakeup::for_client(conf.get())}, handle_{make_consumer(std::move(conf))}
{
}

// 1. A topic is deleted, and its partition given up; librdkafka puts an error into the partition's queue after that.
// 2. The topic is made again, and the partition is assigned and given up once more: for librdkafka it is another one,
// with
//    another queue.
// 3. The error in the first queue still holds its partition.
void client::retire(topic_partition const& where, queue_handle queue)
{
    auto const lock = std::scoped_lock{guard_};
    if (auto const earlier = std::exchange(retired_[where], std::move(queue)))
        discard(earlier.get());
}

client::~client()
{
    for (auto const& [where, queue] : retired_)
        discard(queue.get());
    retired_.clear();
    rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

} // namespace paperboy::kafka

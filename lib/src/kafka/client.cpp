#include "kafka/client.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace paperboy::kafka
{
namespace
{

// librdkafka says which file it cannot use only by the name of the property.
std::string named_files(rd_kafka_conf_t const* conf, std::string_view reason)
{
    auto text = std::string{};
    for (auto const* const name : {"ssl.ca.location", "ssl.certificate.location", "ssl.key.location",
                                   "ssl.keystore.location", "ssl.crl.location"})
    {
        auto value = std::array<char, 1024>{};
        auto size = value.size();
        if (reason.find(name) != reason.npos && rd_kafka_conf_get(conf, name, value.data(), &size) == RD_KAFKA_CONF_OK)
            text += std::string{"; "} + name + " is " + value.data() + ": check that the file is there and can be read";
    }
    return text;
}

rd_kafka_t* make_consumer(conf_handle conf)
{
    auto reason = std::array<char, 512>{};
    auto* const handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), reason.data(), reason.size());
    if (handle == nullptr)
        throw setup_error{errc::invalid_config,
                          std::string{"paperboy: librdkafka refuses this combination of settings: "} + reason.data() +
                              named_files(conf.get(), reason.data())};
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
//    with another queue.
// 3. The error in the first queue still holds its partition.
void client::keep(topic_partition const& where, queue_handle queue)
{
    if (auto const earlier = std::exchange(retired_[where], std::move(queue)))
        discard(earlier.get());
}

void client::retire(topic_partition const& where, queue_handle queue)
{
    auto const lock = std::scoped_lock{guard_};
    keep(where, std::move(queue));
}

void client::take_from(topic_partition const& where, void const* taker)
{
    auto const lock = std::scoped_lock{guard_};
    takers_[where] = taker;
}

// 1. A partition is taken away while its hook blocks, and given back: its queue has two takers, and is the same one.
// 2. librdkafka fills it for the second one.
// 3. The hook returns, and the first one goes. If it emptied the queue, these records would be handled by nobody, and
//    the next ones committed over them.
void client::give_up(topic_partition const& where, void const* taker, event_queue& events)
{
    auto const lock = std::scoped_lock{guard_};
    auto const at = takers_.find(where);
    if (at == takers_.end() || at->second != taker)
        return events.abandon();
    takers_.erase(at);
    discard(events.get());
    keep(where, events.release());
}

partition_list assignment_of(rd_kafka_t* consumer)
{
    rd_kafka_topic_partition_list_t* all = nullptr;
    if (rd_kafka_assignment(consumer, &all) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return partition_list{rd_kafka_topic_partition_list_new(0)};
    return partition_list{all};
}

// A revocation without an answer keeps rd_kafka_destroy waiting for ever, however the client is destroyed. With an
// incremental protocol the answer may be to an assignment, too, of which nothing is accepted.
void client::answer_for_good()
{
    auto const owed = owed_.exchange(answer::none);
    if (owed == answer::none || rd_kafka_consumer_closed(handle_) != 0)
        return;
    if (owed == answer::all)
    {
        rd_kafka_assign(handle_, nullptr);
        return;
    }
    auto const none = partition_list{rd_kafka_topic_partition_list_new(0)};
    static_cast<void>(error_handle{rd_kafka_incremental_assign(handle_, none.get())});
    static_cast<void>(error_handle{rd_kafka_incremental_unassign(handle_, assignment_of(handle_).get())});
}

client::~client()
{
    answer_for_good();
    for (auto const& [where, queue] : retired_)
        discard(queue.get());
    retired_.clear();
    rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

} // namespace paperboy::kafka

#include "kafka/consumer.hpp"

#include "kafka/event_decoder.hpp"
#include "kafka/kafka_error.hpp"

#include <utility>
#include <vector>

namespace paperboy::kafka
{
namespace
{

queue_handle consumer_queue(client const& owner)
{
    rd_kafka_poll_set_consumer(owner.get());
    auto queue = queue_handle{rd_kafka_queue_get_consumer(owner.get())};
    rd_kafka_set_log_queue(owner.get(), queue.get());
    return queue;
}

error_code code_of(rd_kafka_error_t* failed)
{
    auto const owner = error_handle{failed};
    return failed == nullptr ? error_code{} : make_code(rd_kafka_error_code(failed));
}

partition_list make_list(std::size_t size)
{
    return partition_list{rd_kafka_topic_partition_list_new(static_cast<int>(size))};
}

} // namespace

consumer::consumer(boost::asio::any_io_executor const& executor, conf_handle conf, bool incremental)
    : incremental_{incremental}, client_{std::make_shared<client>(std::move(conf))},
      events_{executor, consumer_queue(*client_)}
{
}

consumer::~consumer()
{
    if (!given_up_)
        client_->owe_answer(incremental_ && !aside_);
}

error_code consumer::subscribe(std::span<std::string const> topics)
{
    auto const list = make_list(topics.size());
    for (auto const& topic : topics)
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    return make_code(rd_kafka_subscribe(client_->get(), list.get()));
}

error_code consumer::unsubscribe()
{
    return make_code(rd_kafka_unsubscribe(client_->get()));
}

static_assert(consumer::stored == RD_KAFKA_OFFSET_INVALID);

// While it closes, librdkafka takes the first answer, whatever it says, for one that gives up everything; no more may
// follow:
// 1. The group asks for some partitions back, and we begin to close: librdkafka asks for all of them as well.
// 2. The answer to the first revocation gives up everything, and the group may end before the second is answered.
// 3. What waits to be served while the group ends is dropped without a word; whoever asked waits for ever.
// The first may come too late as well: a group that is left has no use for what it asked before. So it is given aside.
error_code consumer::give_everything_up()
{
    if (std::exchange(given_up_, true))
        return {};
    client_->owe_answer(false);
    if (!aside_([client = client_] { client->answer_for_good(); }))
        client_->answer_for_good();
    return {};
}

error_code consumer::assign(std::span<partition_offset const> partitions)
{
    if (aside_)
        return give_everything_up();
    auto const list = make_list(partitions.size());
    for (auto const& each : partitions)
        rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition)->offset = each.offset;
    if (!incremental_)
        return make_code(rd_kafka_assign(client_->get(), list.get()));
    return code_of(rd_kafka_incremental_assign(client_->get(), list.get()));
}

error_code consumer::assign_unread(std::span<topic_partition const> partitions)
{
    auto places = std::vector<partition_offset>{};
    for (auto const& each : partitions)
    {
        auto queue = queue_handle{rd_kafka_queue_get_partition(client_->get(), each.topic.c_str(), each.partition)};
        if (!queue)
            continue;
        rd_kafka_queue_forward(queue.get(), nullptr);
        client_->retire(each, std::move(queue));
        places.emplace_back(each.topic, each.partition, stored);
    }
    return assign(places);
}

// Only what was accepted can be given up: an assignment may be lost before its answer.
error_code consumer::unassign(std::span<topic_partition const> partitions)
{
    if (aside_)
        return give_everything_up();
    if (!incremental_)
        return make_code(rd_kafka_assign(client_->get(), nullptr));
    auto const accepted = assignment_of(client_->get());
    auto const list = make_list(partitions.size());
    for (auto const& each : partitions)
        if (rd_kafka_topic_partition_list_find(accepted.get(), each.topic.c_str(), each.partition) != nullptr)
            rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
    return code_of(rd_kafka_incremental_unassign(client_->get(), list.get()));
}

error_code consumer::commit(std::span<partition_offset const> offsets, std::uintptr_t ticket)
{
    auto const list = make_list(offsets.size());
    for (auto const& each : offsets)
        rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition)->offset = each.offset;
    return make_code(
        rd_kafka_commit_queue(client_->get(), list.get(), events_.get(), nullptr, reinterpret_cast<void*>(ticket)));
}

error_code consumer::begin_close(run_aside aside)
{
    auto const error = code_of(rd_kafka_consumer_close_queue(client_->get(), events_.get()));
    if (!error)
        aside_ = std::move(aside);
    return error;
}

bool consumer::closed() const noexcept
{
    return rd_kafka_consumer_closed(client_->get()) != 0;
}

std::optional<consumer_event> consumer::poll()
{
    auto const event = event_handle{rd_kafka_queue_poll(events_.get(), 0)};
    if (!event)
        return std::nullopt;
    return decode(client_->get(), event.get());
}

} // namespace paperboy::kafka

#include "kafka/partition_queue.hpp"

#include "kafka/kafka_error.hpp"

#include <array>

namespace paperboy::kafka
{
namespace
{

queue_handle detached_queue(client const& owner, topic_partition const& where)
{
    auto queue = queue_handle{rd_kafka_queue_get_partition(owner.get(), where.topic.c_str(), where.partition)};
    if (!queue)
        throw std::runtime_error{"paperboy: librdkafka has no queue for " + to_string(where)};
    rd_kafka_queue_forward(queue.get(), nullptr);
    return queue;
}

} // namespace

partition_queue::partition_queue(std::shared_ptr<client> owner, boost::asio::any_io_executor const& executor,
                                 topic_partition const& where, std::shared_ptr<detail::send_ledger> ledger,
                                 std::size_t fetch_limit, std::size_t capacity)
    : owner_{std::move(owner)}, topic_{std::make_shared<std::string const>(where.topic)}, ledger_{std::move(ledger)},
      partition_{where.partition}, fetch_limit_{fetch_limit}, capacity_{capacity},
      events_{executor, detached_queue(*owner_, where)}
{
    if (auto const* const fetchers = owner_->fetchers())
        prefetch_.emplace(fetchers->limits());
}

partition_queue::~partition_queue()
{
    discard(events_.get());
    owner_->retire({*topic_, partition_}, events_.release());
}

fetched partition_queue::fetch(detail::block_holder& block, std::size_t most)
{
    if (!block)
        block = fetched_block::make(owner_, topic_, ledger_, capacity_);
    auto& target = static_cast<fetched_block&>(*block);
    auto const room = target.room().first(most);
    auto result = fetched{};
    std::size_t taken = 0;
    while (taken < room.size())
    {
        auto const wanted = std::min(fetch_limit_, room.size() - taken);
        auto const got = take(room.subspan(taken, wanted));
        taken += got;
        if (got < wanted)
            break;
    }
    result.more = taken == room.size();
    keep_records(target, taken, result);
    if (prefetch_)
        keep_fetching(taken, result);
    return result;
}

// A queue that was emptied cannot wait for another look: nothing but a fetch will cause one.
void partition_queue::keep_fetching(std::size_t taken, fetched const& result) noexcept
{
    if (prefetch_->took(taken, result.bytes, !result.more) && owner_->fetchers()->wake(owner_->get(), !result.more))
        prefetch_->told();
}

void partition_queue::recycle(detail::block_holder& block) noexcept
{
    if (!block)
        return;
    if (block->sole_holder())
        static_cast<fetched_block&>(*block).clear();
    else
        block = {};
}

// A timeout of 0: a longer one is waited out even with messages in hand.
std::size_t partition_queue::take(std::span<rd_kafka_message_t*> room) noexcept
{
    auto const count = rd_kafka_consume_batch_queue(events_.get(), 0, room.data(), room.size());
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

// librdkafka reports a partition's errors as messages in between; records close up over them.
void partition_queue::keep_records(fetched_block& block, std::size_t taken, fetched& result)
{
    auto const room = block.room();
    std::size_t kept = 0;
    for (auto* const each : room.first(taken))
    {
        if (each->err == RD_KAFKA_RESP_ERR_NO_ERROR) [[likely]]
        {
            result.bytes += each->len + each->key_len;
            room[kept++] = each;
            continue;
        }
        if (each->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            result.end = each->offset;
        else
        {
            result.error = make_code(each->err);
            result.error_text = rd_kafka_message_errstr(each);
        }
        rd_kafka_message_destroy(each);
    }
    block.resize(kept);
}

std::optional<std::int64_t> partition_queue::high_watermark() const noexcept
{
    std::int64_t low = RD_KAFKA_OFFSET_INVALID;
    std::int64_t high = RD_KAFKA_OFFSET_INVALID;
    rd_kafka_get_watermark_offsets(owner_->get(), topic_->c_str(), partition_, &low, &high);
    if (high < 0)
        return std::nullopt;
    return high;
}

} // namespace paperboy::kafka

#include "kafka/partition_queue.hpp"

#include "kafka/kafka_error.hpp"

#include <algorithm>
#include <array>

namespace paperboy::kafka
{
namespace
{

queue_handle detached_queue(client& owner, topic_partition const& where, partition_queue const* taker)
{
    owner.take_from(where, taker);
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
      events_{executor, detached_queue(*owner_, where, this)}
{
    if (auto const* const fetchers = owner_->fetchers())
        prefetch_.emplace(fetchers->limits());
}

partition_queue::~partition_queue()
{
    for (auto* const each : put_aside_)
        rd_kafka_message_destroy(each);
    owner_->give_up({*topic_, partition_}, this, events_);
}

fetched partition_queue::fetch(detail::block_holder& block, std::size_t most, std::uint64_t most_bytes)
{
    if (!block)
        block = fetched_block::make(owner_, topic_, ledger_, capacity_);
    auto& target = static_cast<fetched_block&>(*block);
    auto const room = target.room().first(most);
    auto result = fetched{};
    auto const from_aside = take_put_aside(room);
    auto taken = from_aside;
    while (put_aside_.empty() && taken < room.size())
    {
        auto const wanted = std::min(fetch_limit_, room.size() - taken);
        auto const got = take(room.subspan(taken, wanted));
        taken += got;
        if (got < wanted)
            break;
    }
    result.more = taken == room.size();
    keep_records(target, taken, most_bytes, result);
    result.more = result.more || !put_aside_.empty();
    if (prefetch_)
        keep_fetching(taken - from_aside, result);
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

std::size_t partition_queue::take_put_aside(std::span<rd_kafka_message_t*> room)
{
    auto const count = std::min(room.size(), put_aside_.size());
    auto const rest = put_aside_.begin() + static_cast<std::ptrdiff_t>(count);
    std::copy(put_aside_.begin(), rest, room.begin());
    put_aside_.erase(put_aside_.begin(), rest);
    aside_.store(put_aside_.size(), std::memory_order_relaxed);
    return count;
}

// They stand in front of what was put aside before.
void partition_queue::put_aside(std::span<rd_kafka_message_t* const> rest)
{
    put_aside_.insert(put_aside_.begin(), rest.begin(), rest.end());
    aside_.store(put_aside_.size(), std::memory_order_relaxed);
}

// librdkafka reports a partition's errors and its end as messages in between; records close up over them. Where offsets
// go back, at a record or at an end, the log has been cut off or made anew: what comes from there on is another block.
void partition_queue::keep_records(fetched_block& block, std::size_t taken, std::uint64_t most_bytes, fetched& result)
{
    auto const room = block.room().first(taken);
    std::size_t kept = 0;
    auto last = std::int64_t{-1};
    auto bytes = std::uint64_t{0};
    for (std::size_t at = 0; at < taken; ++at)
    {
        auto* const each = room[at];
        auto const is_record = each->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        if ((is_record || each->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) && each->offset <= last) [[unlikely]]
        {
            put_aside(room.subspan(at));
            break;
        }
        if (is_record) [[likely]]
        {
            last = each->offset;
            bytes += each->len + each->key_len;
            room[kept++] = each;
            if (bytes >= most_bytes) [[unlikely]]
            {
                put_aside(room.subspan(at + 1));
                break;
            }
            continue;
        }
        if (each->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        {
            result.end = each->offset;
            last = each->offset - 1;
        }
        else
        {
            result.errors.push_back({make_code(each->err), rd_kafka_message_errstr(each)});
        }
        rd_kafka_message_destroy(each);
    }
    result.bytes = bytes;
    block.resize(kept);
}

partition_queue::log_range partition_queue::known_log() const noexcept
{
    auto result = log_range{.low = RD_KAFKA_OFFSET_INVALID, .high = RD_KAFKA_OFFSET_INVALID};
    rd_kafka_get_watermark_offsets(owner_->get(), topic_->c_str(), partition_, &result.low, &result.high);
    return result;
}

std::optional<std::int64_t> partition_queue::high_watermark() const noexcept
{
    auto const known = known_log();
    return known.high < 0 ? std::nullopt : std::optional{known.high};
}

std::optional<std::int64_t> partition_queue::end_of_empty_log() const noexcept
{
    auto const known = known_log();
    return known.high < 0 || known.low != known.high ? std::nullopt : std::optional{known.high};
}

} // namespace paperboy::kafka

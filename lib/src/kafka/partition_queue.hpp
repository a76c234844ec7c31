#pragma once

#include "kafka/event_queue.hpp"
#include "kafka/fetched_block.hpp"

#include <paperboy/error.hpp>
#include <paperboy/topic_partition.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace paperboy::kafka
{

struct fetch_error
{
    error_code code;
    std::string text;
};

// What one look into a partition's queue brought, beside the records in the block.
struct fetched
{
    // Whether the queue may hold more; false: it was empty, and the next arrival wakes.
    bool more = false;

    // Keys and values of the fetched records together.
    std::uint64_t bytes = 0;

    // The partition's end, when everything before it has been fetched (with the property enable.partition.eof).
    std::optional<std::int64_t> end;

    // What librdkafka reported for the partition in place of records.
    std::vector<fetch_error> errors;
};

// The queue of one assigned partition: fetches blocks of records, without ever blocking.
class partition_queue
{
public:
    // Detaches the partition's queue from the consumer's. To be made before the partition is assigned: messages that
    // arrive earlier take the consumer's queue.
    partition_queue(std::shared_ptr<client> owner, boost::asio::any_io_executor const& executor,
                    topic_partition const& where, std::shared_ptr<detail::send_ledger> ledger, std::size_t fetch_limit,
                    std::size_t capacity);
    partition_queue(partition_queue const&) = delete;
    partition_queue& operator=(partition_queue const&) = delete;

    // Gives everything still queued back to librdkafka: a client with messages outstanding cannot be destroyed.
    ~partition_queue();

    // Takes what is there, up to `most` records (1 to the capacity), into `block`, which is a recycled one or empty. It
    // ends with the record that brings the keys and values to `most_bytes`.
    // Within a block offsets rise: where librdkafka has gone back to a lower one, another begins.
    [[nodiscard]] fetched fetch(detail::block_holder& block, std::size_t most,
                                std::uint64_t most_bytes = std::numeric_limits<std::uint64_t>::max());
    [[nodiscard]] fetched fetch(detail::block_holder& block) { return fetch(block, capacity_); }

    // What a block can hold.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    // Lets go of a block's records: gives them back to librdkafka and keeps the block for the next fetch, or leaves it
    // to those who retained a record of it.
    static void recycle(detail::block_holder& block) noexcept;

    // The partition's end as of the last fetch response: the offset after its last record; nothing before any.
    [[nodiscard]] std::optional<std::int64_t> high_watermark() const noexcept;

    // Where the log ends, if it has no records, as of the last answer to a fetch.
    [[nodiscard]] std::optional<std::int64_t> end_of_empty_log() const noexcept;

    // How many records wait in it; thread-safe.
    [[nodiscard]] std::size_t length() const noexcept
    {
        return events_.length() + aside_.load(std::memory_order_relaxed);
    }

    [[nodiscard]] event_queue& events() noexcept { return events_; }

private:
    struct log_range
    {
        std::int64_t low;
        std::int64_t high;
    };

    // As of the last answer to a fetch; below 0 before any.
    [[nodiscard]] log_range known_log() const noexcept;
    [[nodiscard]] std::size_t take(std::span<rd_kafka_message_t*> room) noexcept;
    void keep_fetching(std::size_t taken, fetched const& result) noexcept;
    void keep_records(fetched_block& block, std::size_t taken, std::uint64_t most_bytes, fetched& result);
    void put_aside(std::span<rd_kafka_message_t* const> rest);
    [[nodiscard]] std::size_t take_put_aside(std::span<rd_kafka_message_t*> room);

    std::shared_ptr<client> owner_;
    std::shared_ptr<std::string const> topic_;
    std::shared_ptr<detail::send_ledger> ledger_;
    std::int32_t partition_;
    std::size_t fetch_limit_;
    std::size_t capacity_;
    std::optional<prefetch_watch> prefetch_;
    // What was taken together with records, and belongs into another block.
    std::vector<rd_kafka_message_t*> put_aside_;
    // How many these are, for other threads.
    std::atomic<std::size_t> aside_{0};
    event_queue events_;
};

} // namespace paperboy::kafka

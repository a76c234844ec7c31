#pragma once

#include "scratch_directory.hpp"
#include "throughput/options.hpp"
#include "throughput/table_modes.hpp"

#include "kafka/handles.hpp"

#include <rocksdb/db.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a program needs that keeps its table by hand.
namespace paperboy::bench
{

// A count as a value of a changelog.
using count_bytes = std::array<char, 8>;

[[nodiscard]] inline count_bytes bytes_of(std::int64_t count) noexcept
{
    auto bytes = count_bytes{};
    for (auto shift = 56; auto& each : bytes)
    {
        each = static_cast<char>(static_cast<std::uint64_t>(count) >> static_cast<unsigned>(shift) & 0xffU);
        shift -= 8;
    }
    return bytes;
}

// Destroys a client, and leaves the group before that when it is a consumer.
struct close_and_destroy
{
    void operator()(rd_kafka_t* client) const noexcept;
};
using client_handle = std::unique_ptr<rd_kafka_t, close_and_destroy>;

// The engine's clients, without the events that it serves.
[[nodiscard]] client_handle make_consumer(options const& from);
[[nodiscard]] client_handle make_changelog_reader(options const& from);
[[nodiscard]] client_handle make_producer(options const& from);

void subscribe(client_handle const& consumer, std::string const& topic);

// Hands all of them over, copied, to the partitions that they name; waits for room where there is none.
void produce_all(client_handle const& producer, kafka::topic_handle const& topic,
                 std::span<rd_kafka_message_t> messages);

// Messages of one call, destroyed when their handling has ended. Throws for those that are errors.
class message_batch
{
public:
    explicit message_batch(std::size_t size) : room_(size) {}
    message_batch(message_batch const&) = delete;
    message_batch& operator=(message_batch const&) = delete;
    ~message_batch() { clear(); }

    [[nodiscard]] std::span<rd_kafka_message_t* const> take(rd_kafka_queue_t* queue, std::size_t at_most);
    void clear() noexcept;

private:
    std::vector<rd_kafka_message_t*> room_;
    std::size_t size_ = 0;
};

[[nodiscard]] inline std::string_view key_of(rd_kafka_message_t const& message) noexcept
{
    return {static_cast<char const*>(message.key), message.key_len};
}
[[nodiscard]] inline std::string_view value_of(rd_kafka_message_t const& message) noexcept
{
    return {static_cast<char const*>(message.payload), message.len};
}

// A database with a column family per partition, written in sorted files only.
class sorted_files
{
public:
    using entry = std::pair<std::string_view, std::string_view>;

    explicit sorted_files(std::size_t partitions);
    sorted_files(sorted_files const&) = delete;
    sorted_files& operator=(sorted_files const&) = delete;
    ~sorted_files();

    // `entries` in ascending order of distinct keys, none empty.
    void add(std::size_t partition, std::span<entry const> entries, std::int64_t next_offset);

private:
    scratch_directory where_;
    rocksdb::Options options_;
    std::vector<rocksdb::ColumnFamilyHandle*> families_;
    std::unique_ptr<rocksdb::DB> db_;
    std::uint64_t files_ = 0;
};

} // namespace paperboy::bench

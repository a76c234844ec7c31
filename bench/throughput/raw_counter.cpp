#include "throughput/hand_written.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>

namespace paperboy::bench
{
namespace
{

using steady = std::chrono::steady_clock;

constexpr auto checkpoint_every = std::chrono::seconds{1};
constexpr auto admin_ms = 60'000;

struct text_hash
{
    using is_avalanching = void;
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
};

struct count_entry
{
    std::int64_t count = 0;
    // Where the key's change is among those of the batch that it was changed in last.
    std::uint64_t batch = 0;
    std::size_t change = 0;
    bool dirty = false;
};

using count_map = boost::unordered_flat_map<std::string, count_entry, text_hash, std::equal_to<>>;

// The table of one partition.
struct partition_counts
{
    count_map counts;
    std::int64_t next_offset = 0;
};

// Changes of a batch on their way to the changelog.
class changelog_writer
{
public:
    explicit changelog_writer(options const& from)
        : client_{make_producer(from)}, topic_{rd_kafka_topic_new(client_.get(), from.output.c_str(), nullptr)}
    {
    }

    // The key stays where it is until send().
    [[nodiscard]] std::size_t add(std::int32_t partition, std::string_view key, std::int64_t count)
    {
        values_.push_back(bytes_of(count));
        auto message = rd_kafka_message_t{};
        message.partition = partition;
        message.key = const_cast<char*>(key.data());
        message.key_len = key.size();
        message.len = sizeof(count_bytes);
        changes_.push_back(message);
        return changes_.size() - 1;
    }

    void replace(std::size_t change, std::int64_t count) { values_[change] = bytes_of(count); }

    void send()
    {
        for (std::size_t i = 0; i < changes_.size(); ++i)
            changes_[i].payload = values_[i].data();
        produce_all(client_, topic_, changes_);
        changes_.clear();
        values_.clear();
    }

    void flush()
    {
        if (auto const error = rd_kafka_flush(client_.get(), admin_ms))
            throw std::runtime_error{rd_kafka_err2str(error)};
    }

private:
    client_handle client_;
    kafka::topic_handle topic_;
    std::vector<rd_kafka_message_t> changes_;
    std::vector<count_bytes> values_;
};

class counter
{
public:
    counter(options const& from, bool coalesce, bool on_disk)
        : from_{from}, coalesce_{coalesce}, writer_{from}, partitions_(from.partition_sizes.size()),
          counted_{from.total()}
    {
        if (on_disk)
            files_.emplace(partitions_.size());
    }

    [[nodiscard]] measurement run()
    {
        {
            consumer_ = make_consumer(from_);
            subscribe(consumer_, from_.topic);
            auto const queue = kafka::queue_handle{rd_kafka_queue_get_consumer(consumer_.get())};
            auto messages = message_batch{from_.batch_size};
            auto next = steady::now() + checkpoint_every;
            while (!count(messages.take(queue.get(), counted_.remaining())))
                if (steady::now() >= next)
                {
                    checkpoint();
                    next = steady::now() + checkpoint_every;
                }
            messages.clear();
            checkpoint();
        }
        consumer_.reset();
        files_.reset();
        counted_.extend();
        return counted_.result();
    }

private:
    // True when these were the last.
    bool count(std::span<rd_kafka_message_t* const> messages)
    {
        auto checksum = std::uint64_t{0};
        ++batch_;
        for (auto const* const each : messages)
            checksum += static_cast<std::uint64_t>(count(*each));
        writer_.send();
        return !messages.empty() && counted_.add(messages.size(), checksum);
    }

    std::int64_t count(rd_kafka_message_t const& message)
    {
        auto& part = partitions_[static_cast<std::size_t>(message.partition)];
        part.next_offset = message.offset + 1;
        auto const key = key_of(message);
        auto at = part.counts.find(key);
        if (at == part.counts.end())
            at = part.counts.emplace(key, count_entry{}).first;
        auto& entry = at->second;
        ++entry.count;
        entry.dirty = true;
        if (coalesce_ && std::exchange(entry.batch, batch_) == batch_)
            writer_.replace(entry.change, entry.count);
        else
            entry.change = writer_.add(message.partition, key, entry.count);
        return entry.count;
    }

    // What is acknowledged is put into the store, and then committed.
    void checkpoint()
    {
        writer_.flush();
        auto const list = kafka::partition_list{rd_kafka_topic_partition_list_new(1)};
        for (std::size_t i = 0; i < partitions_.size(); ++i)
        {
            if (files_)
                store(i);
            rd_kafka_topic_partition_list_add(list.get(), from_.topic.c_str(), static_cast<std::int32_t>(i))->offset =
                partitions_[i].next_offset;
        }
        if (auto const error = rd_kafka_commit(consumer_.get(), list.get(), 0))
            throw std::runtime_error{rd_kafka_err2str(error)};
    }

    void store(std::size_t partition)
    {
        auto& part = partitions_[partition];
        auto dirty = std::vector<std::pair<std::string_view, std::int64_t>>{};
        for (auto& [key, entry] : part.counts)
            if (std::exchange(entry.dirty, false))
                dirty.emplace_back(key, entry.count);
        if (dirty.empty())
            return;
        std::ranges::sort(dirty);
        auto values = std::vector<count_bytes>(dirty.size());
        auto entries = std::vector<sorted_files::entry>{};
        entries.reserve(dirty.size());
        for (std::size_t i = 0; i < dirty.size(); ++i)
        {
            values[i] = bytes_of(dirty[i].second);
            entries.emplace_back(dirty[i].first, std::string_view{values[i].data(), values[i].size()});
        }
        files_->add(partition, entries, part.next_offset);
    }

    options const& from_;
    bool coalesce_;
    changelog_writer writer_;
    client_handle consumer_;
    std::vector<partition_counts> partitions_;
    std::optional<sorted_files> files_;
    std::uint64_t batch_ = 0;
    progress counted_;
};

} // namespace

measurement count_raw(options const& from)
{
    return counter{from, false, false}.run();
}

measurement count_raw_coalesced(options const& from)
{
    return counter{from, true, false}.run();
}

measurement count_raw_rocksdb(options const& from)
{
    return counter{from, false, true}.run();
}

measurement count_raw_rocksdb_coalesced(options const& from)
{
    return counter{from, true, true}.run();
}

} // namespace paperboy::bench

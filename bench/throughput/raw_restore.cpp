#include "throughput/hand_written.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace paperboy::bench
{
namespace
{

struct text_hash
{
    using is_avalanching = void;
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
};

// Reads all partitions, and gives each message to `keep`; what `finish` does counts as well.
template <class Keep, class Finish>
measurement restore(options const& from, Keep keep, Finish finish)
{
    auto counted = progress{from.total()};
    auto const client = make_changelog_reader(from);
    auto const queue = kafka::queue_handle{rd_kafka_queue_get_consumer(client.get())};
    counted.begin();
    auto const list = kafka::partition_list{rd_kafka_topic_partition_list_new(1)};
    for (std::size_t i = 0; i < from.partition_sizes.size(); ++i)
        rd_kafka_topic_partition_list_add(list.get(), from.topic.c_str(), static_cast<std::int32_t>(i))->offset = 0;
    if (auto const error = rd_kafka_assign(client.get(), list.get()))
        throw std::runtime_error{rd_kafka_err2str(error)};
    auto messages = message_batch{from.batch_size};
    for (auto done = false; !done;)
    {
        auto const some = messages.take(queue.get(), counted.remaining());
        for (auto const* const each : some)
            keep(*each);
        done = !some.empty() && counted.add(some.size(), 0);
    }
    messages.clear();
    finish();
    counted.extend();
    return counted.result();
}

// The records of one partition in one text, sorted by index in the end.
class collected
{
public:
    void add(std::string_view key, std::string_view value)
    {
        items_.push_back(
            {text_.size(), static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())});
        text_.append(key).append(value);
    }

    // The last of each key.
    [[nodiscard]] std::vector<sorted_files::entry> sorted()
    {
        std::ranges::stable_sort(items_, {}, [this](item const& each) { return key(each); });
        auto entries = std::vector<sorted_files::entry>{};
        entries.reserve(items_.size());
        for (auto const& each : items_)
        {
            if (!entries.empty() && entries.back().first == key(each))
                entries.pop_back();
            entries.emplace_back(key(each), std::string_view{text_}.substr(each.at + each.key_size, each.value_size));
        }
        return entries;
    }

    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

private:
    struct item
    {
        std::size_t at;
        std::uint32_t key_size;
        std::uint32_t value_size;
    };

    [[nodiscard]] std::string_view key(item const& each) const
    {
        return std::string_view{text_}.substr(each.at, each.key_size);
    }

    std::string text_;
    std::vector<item> items_;
};

} // namespace

measurement restore_raw(options const& from)
{
    using map = boost::unordered_flat_map<std::string, std::string, text_hash, std::equal_to<>>;
    auto tables = std::vector<map>(from.partition_sizes.size());
    return restore(
        from,
        [&](rd_kafka_message_t const& each)
        {
            tables[static_cast<std::size_t>(each.partition)].insert_or_assign(std::string{key_of(each)},
                                                                              value_of(each));
        },
        [] {});
}

measurement restore_raw_rocksdb(options const& from)
{
    auto parts = std::vector<collected>(from.partition_sizes.size());
    auto files = std::make_unique<sorted_files>(parts.size());
    return restore(
        from, [&](rd_kafka_message_t const& each)
        { parts[static_cast<std::size_t>(each.partition)].add(key_of(each), value_of(each)); },
        [&]
        {
            for (std::size_t i = 0; i < parts.size(); ++i)
                if (parts[i].size() > 0)
                    files->add(i, parts[i].sorted(), static_cast<std::int64_t>(parts[i].size()));
            files.reset();
        });
}

} // namespace paperboy::bench

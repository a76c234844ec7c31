#include "dead_letters.hpp"

#include "places.hpp"

#include <algorithm>
#include <charconv>

namespace paperboy::cli
{
namespace
{

std::string header_of(record_view const& letter, std::string_view name)
{
    auto const found = letter.headers().find(std::string{letter_prefix}.append(name));
    return std::string{found && *found ? **found : std::string_view{}};
}

std::int64_t sum_of_differences(topic_reader::offsets const& from, topic_reader::offsets const& to)
{
    auto sum = std::int64_t{0};
    for (auto const& [partition, end] : to)
        sum += end - from.at(partition);
    return sum;
}

} // namespace

letter_origin origin_of(record_view const& letter)
{
    auto origin = letter_origin{};
    origin.topic = header_of(letter, "topic");
    origin.offset = header_of(letter, "offset");
    origin.group = header_of(letter, "group");
    origin.stage = header_of(letter, "stage");
    origin.error_class = header_of(letter, "exception.class.name");
    origin.message = header_of(letter, "exception.message");
    origin.attempts = header_of(letter, "attempts");
    auto const text = header_of(letter, "partition");
    auto number = std::int32_t{0};
    if (std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{})
        origin.partition = number;
    return origin;
}

std::int64_t letter_queue::letters() const
{
    return sum_of_differences(oldest, ends);
}

std::int64_t letter_queue::waiting() const
{
    return sum_of_differences(next, ends);
}

std::string replay_group(std::string const& topic, std::string const& chosen)
{
    return chosen.empty() ? "paperboy-replay-" + topic : chosen;
}

letter_queue ask_queue(admin& cluster, std::string const& topic, std::string const& group)
{
    auto queue = letter_queue{};
    queue.topic = topic;
    queue.partitions = partitions_of(cluster, topic, {});
    queue.oldest = by_partition(cluster.oldest_offsets(queue.partitions));
    queue.next = queue.oldest;
    for (auto const& each : cluster.committed(replay_group(topic, group), queue.partitions))
        queue.next[each.partition] = std::max(queue.next[each.partition], each.offset);
    queue.ends = by_partition(cluster.end_offsets(queue.partitions));
    for (auto& [partition, next] : queue.next)
        next = std::min(next, queue.ends[partition]);
    return queue;
}

} // namespace paperboy::cli

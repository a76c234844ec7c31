#include "places.hpp"

#include "command.hpp"
#include "times.hpp"

#include <algorithm>
#include <charconv>

namespace paperboy::cli
{
namespace
{

std::optional<std::int64_t> parse_number(std::string_view text)
{
    auto number = std::int64_t{0};
    auto const* const end = text.data() + text.size();
    auto const [read, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && read == end && !text.empty() ? std::optional{number} : std::nullopt;
}

std::vector<partition_offset> stored(admin& cluster, std::span<topic_partition const> partitions,
                                     std::string const& group)
{
    if (group.empty())
        throw usage_error{"-o stored needs a group whose offsets they are; add -g GROUP"};
    auto offsets = cluster.oldest_offsets(partitions);
    for (auto const& known : cluster.committed(group, partitions))
        for (auto& each : offsets)
            if (each.topic == known.topic && each.partition == known.partition)
                each.offset = std::max(each.offset, known.offset);
    return offsets;
}

} // namespace

place parse_place(std::string_view text, std::string_view option)
{
    auto where = place{};
    if (text == "beginning" || text == "earliest")
        return where;
    if (text == "end" || text == "latest")
        where.is = place::kind::end;
    else if (text == "stored")
        where.is = place::kind::stored;
    else if (text.starts_with("s@") || text.starts_with("e@"))
    {
        auto const time = parse_time(text.substr(2));
        if (!time)
            throw usage_error{std::string{option} + " has the time \"" + std::string{text.substr(2)} +
                              "\"; write milliseconds since 1970, or 2024-02-29T12:00:00Z"};
        where.is = text.front() == 's' ? place::kind::time : place::kind::stop_at_time;
        where.time = *time;
    }
    else if (auto const number = parse_number(text))
    {
        where.is = *number < 0 ? place::kind::before_end : place::kind::offset;
        where.number = *number < 0 ? -*number : *number;
    }
    else
        throw usage_error{std::string{option} + " is \"" + std::string{text} +
                          "\"; write beginning, end, stored, an offset, -N (from the end), or s@TIME"};
    return where;
}

std::vector<partition_offset> resolve(admin& cluster, std::span<topic_partition const> partitions, place const& where,
                                      std::string const& group)
{
    switch (where.is)
    {
    case place::kind::beginning:
        return cluster.oldest_offsets(partitions);
    case place::kind::end:
        return cluster.end_offsets(partitions);
    case place::kind::stored:
        return stored(cluster, partitions, group);
    case place::kind::time:
    case place::kind::stop_at_time:
        return cluster.offsets_at(partitions, where.time);
    case place::kind::offset:
    case place::kind::before_end:
        break;
    }
    auto offsets = cluster.end_offsets(partitions);
    auto const oldest = cluster.oldest_offsets(partitions);
    for (std::size_t i = 0; i < offsets.size(); ++i)
        offsets[i].offset = where.is == place::kind::offset
                                ? where.number
                                : std::max(offsets[i].offset - where.number, oldest[i].offset);
    return offsets;
}

std::vector<topic_partition> partitions_of(admin& cluster, std::string const& topic,
                                           std::span<std::int32_t const> numbers)
{
    auto const count = cluster.topic(topic).partitions;
    auto partitions = std::vector<topic_partition>{};
    for (auto const number : numbers)
    {
        if (number < 0 || number >= count)
            throw usage_error{"topic \"" + topic + "\" has no partition " + std::to_string(number) + "; it has 0 to " +
                              std::to_string(count - 1)};
        partitions.emplace_back(topic, number);
    }
    for (auto number = 0; numbers.empty() && number < count; ++number)
        partitions.emplace_back(topic, number);
    return partitions;
}

std::vector<topic_partition> parse_partitions(admin& cluster, std::string_view text)
{
    auto const colon = text.find(':');
    auto numbers = std::vector<std::int32_t>{};
    // An empty number is none, as a script's unset variable leaves it: not all partitions.
    for (auto separator = colon; separator != text.npos;)
    {
        auto const next = text.find(',', separator + 1);
        auto const number = parse_number(text.substr(separator + 1, next - separator - 1));
        if (!number || *number < 0 || *number > INT32_MAX)
            throw usage_error{"-t is \"" + std::string{text} + "\"; write TOPIC or TOPIC:PARTITION[,PARTITION…]"};
        numbers.push_back(static_cast<std::int32_t>(*number));
        separator = next;
    }
    return partitions_of(cluster, std::string{text.substr(0, colon)}, numbers);
}

topic_reader::offsets by_partition(std::span<partition_offset const> offsets)
{
    auto all = topic_reader::offsets{};
    for (auto const& each : offsets)
        all[each.partition] = each.offset;
    return all;
}

} // namespace paperboy::cli

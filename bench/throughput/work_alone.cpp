#include "throughput/consumers.hpp"
#include "throughput/samples.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace paperboy::bench
{
namespace
{

using clock = std::chrono::steady_clock;

// "paperboy-bench-KIND-RECORDS"
topic_kind const& kind_of(std::string const& topic)
{
    auto const end = topic.rfind('-');
    auto const begin = topic.rfind('-', end - 1) + 1;
    return find_topic_kind(std::string_view{topic}.substr(begin, end - begin));
}

std::uint64_t work_on(std::vector<sample> const& records, std::chrono::nanoseconds work)
{
    auto checksum = std::uint64_t{0};
    for (auto const& each : records)
    {
        checksum += each.value.size() + static_cast<unsigned char>(each.value.front());
        if (work.count() > 0)
            work_for(work);
    }
    return checksum;
}

} // namespace

// The time in which records are made does not count.
measurement work_alone(options const& from)
{
    auto const& kind = kind_of(from.topic);
    auto const total = from.total();
    auto counted = progress{total};
    auto worked = clock::duration{0};
    auto records = std::vector<sample>{};
    for (std::uint64_t number = 0; number < total; number += records.size())
    {
        records.resize(std::min<std::uint64_t>(from.batch_size, total - number));
        for (std::size_t i = 0; i < records.size(); ++i)
            kind.make(number + i, total, records[i]);
        auto const begin = clock::now();
        auto const checksum = work_on(records, from.work);
        worked += clock::now() - begin;
        counted.add(records.size(), checksum);
    }
    auto result = counted.result();
    result.wall_seconds = std::chrono::duration<double>{worked}.count();
    result.idle_seconds = 0;
    result.kept_seconds = 0;
    return result;
}

} // namespace paperboy::bench

// How many instructions a record takes on the thread that handles it, by the kind of handler. Run by check.py, under
// callgrind.

#include "instructions/callgrind.hpp"
#include "instructions/paths.hpp"
#include "throughput/samples.hpp"

#include <cstdio>
#include <exception>

namespace paperboy::bench
{

void records_source::fill(std::string const& topic, std::uint64_t count)
{
    auto record = sample{};
    for (std::uint64_t number = 0; number < count; ++number)
    {
        find_topic_kind("json400").make(number, count, record);
        cluster_.produce(topic, {.key = record.key,
                                 .value = record.value,
                                 .partition = static_cast<std::int32_t>(number % path_partitions),
                                 .headers = {}});
    }
    cluster_.flush();
}

std::string phase_name(std::string_view path, std::uint64_t records)
{
    return std::string{path} + "-" + std::to_string(records);
}

} // namespace paperboy::bench

int main()
{
    using namespace paperboy::bench;
    if (!counted_phase::can_count())
        std::puts("not under callgrind, or built without its header: only allocations are counted");
    try
    {
        auto source = records_source{};
        count_raw(source);
        count_engine(source);
    }
    catch (std::exception const& error)
    {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}

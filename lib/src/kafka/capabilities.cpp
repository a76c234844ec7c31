#include "kafka/capabilities.hpp"

#include <librdkafka/rdkafka.h>

namespace paperboy::kafka
{
namespace
{

constexpr int fetch_backoff_property = 0x02020000;
constexpr int commits_survive_joining = 0x020a0000;
constexpr int brokers_may_assign = 0x020c0000;

std::string version_text(int version)
{
    auto const part = [version](int shift) { return std::to_string((version >> shift) & 0xff); };
    return part(24) + "." + part(16) + "." + part(8);
}

} // namespace

std::string capabilities::describe() const
{
    return "librdkafka " + version_text(version) + ", " +
           (has_fetch_backoff ? "fetch.queue.backoff.ms available" : "no fetch.queue.backoff.ms: fetchers are woken") +
           (incremental ? ", incremental rebalances" : "");
}

capabilities choose(int version, group_protocol protocol)
{
    return {version, version >= fetch_backoff_property, protocol != group_protocol::eager,
            protocol == group_protocol::consumer};
}

// Before 2.10 librdkafka joins a group again without telling us, and a commit that comes after that loses all
// partitions
// (#4059). Before 2.4 closing hangs while partitions are given (#4527), before 2.3 destroying a member that was never
// given any ends the process (#4381), before 2.1 batches lose messages of partitions that stay (#4208).
std::string unfit_for(int version, group_protocol protocol)
{
    switch (protocol)
    {
    case group_protocol::eager:
        break;
    case group_protocol::cooperative:
        if (version >= commits_survive_joining)
            break;
        return "librdkafka " + version_text(version) +
               " loses all partitions when it commits while the group rebalances cooperatively (librdkafka #4059): run "
               "with librdkafka 2.10 or newer, or use \"range\", \"roundrobin\" or both";
    case group_protocol::consumer:
        if (version >= brokers_may_assign)
            break;
        return "librdkafka " + version_text(version) +
               " does not have that protocol, or only a preview of it: run with librdkafka 2.12 or newer, or leave it "
               "at \"classic\"";
    }
    return {};
}

int loaded_version() noexcept
{
    return rd_kafka_version();
}

} // namespace paperboy::kafka

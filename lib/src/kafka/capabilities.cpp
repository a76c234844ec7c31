#include "kafka/capabilities.hpp"

#include <librdkafka/rdkafka.h>

namespace paperboy::kafka
{
namespace
{

constexpr int batches_survive_cooperative = 0x02010000;
constexpr int fetch_backoff_property = 0x02020000;

std::string version_text(int version)
{
    auto const part = [version](int shift) { return std::to_string((version >> shift) & 0xff); };
    return part(24) + "." + part(16) + "." + part(8);
}

} // namespace

std::string capabilities::describe() const
{
    return "librdkafka " + version_text(version) + ", up to " + std::to_string(fetch_limit) + " records a fetch, " +
           (has_fetch_backoff ? "fetch.queue.backoff.ms available" : "no fetch.queue.backoff.ms: fetchers are woken");
}

capabilities choose(int version, std::size_t batch_size, bool eager)
{
    auto const batches = eager || version >= batches_survive_cooperative;
    return {version, batches ? batch_size : 1, version >= fetch_backoff_property};
}

int loaded_version() noexcept
{
    return rd_kafka_version();
}

} // namespace paperboy::kafka

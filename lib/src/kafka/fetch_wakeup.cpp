#include "kafka/fetch_wakeup.hpp"

#include "kafka/capabilities.hpp"
#include "kafka/property_check.hpp"

#include <cstdlib>

namespace paperboy::kafka
{
namespace
{

using clock = std::chrono::steady_clock;

// A client may have many brokers, and the thread of each is woken.
constexpr clock::duration pause = std::chrono::milliseconds{1};

std::uint64_t number(rd_kafka_conf_t const* conf, char const* name)
{
    return std::strtoull(get(conf, name).c_str(), nullptr, 10);
}

} // namespace

std::optional<fetch_wakeup> fetch_wakeup::for_client(rd_kafka_conf_t const* conf)
{
    if (choose(loaded_version(), group_protocol::eager).has_fetch_backoff || !possible(conf))
        return std::nullopt;
    return fetch_wakeup{conf};
}

bool fetch_wakeup::possible(rd_kafka_conf_t const* conf)
{
    return !get(conf, "security.protocol").starts_with("sasl") || get(conf, "sasl.mechanisms") != "GSSAPI";
}

// librdkafka's kilobytes have 1000 bytes here.
fetch_wakeup::fetch_wakeup(rd_kafka_conf_t const* conf)
    : username_{get(conf, "sasl.username")}, password_{get(conf, "sasl.password")},
      limits_{number(conf, "queued.min.messages"), number(conf, "queued.max.messages.kbytes") * 1000}
{
}

bool fetch_wakeup::wake(rd_kafka_t* client, bool urgent) noexcept
{
    auto const now = clock::now().time_since_epoch().count();
    if (!urgent && now - last_.load(std::memory_order_relaxed) < pause.count())
        return false;
    last_.store(now, std::memory_order_relaxed);
    auto const failed = error_handle{rd_kafka_sasl_set_credentials(client, username_.c_str(), password_.c_str())};
    return !failed;
}

} // namespace paperboy::kafka

#include "http/probes.hpp"

namespace paperboy::http
{
namespace
{

using boost::beast::http::status;

reply told(bool good, engine_health const& health)
{
    auto result = reply{good ? status::ok : status::service_unavailable, std::string{to_string(health.status)}};
    result.body.append(": ").append(health.reason).append("\n");
    return result;
}

std::string line_of(stall const& of)
{
    auto const time = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(of.time).count()) + " s";
    if (!of.where)
        return "stalled: hooks whose partitions were given up, or taken by the group, have been running for " + time +
               "; a thread dump shows what their handler waits for\n";
    auto line = "stalled: " + to_string(*of.where);
    if (of.offset)
        line.append("@").append(std::to_string(*of.offset));
    line.append(" has been in its hooks for ").append(time);
    return line.append(" without finishing a record; a thread dump shows what its handler waits for\n");
}

} // namespace

reply liveness(engine_health const& health, std::span<stall const> stalled)
{
    auto result = told(health.alive() && stalled.empty(), health);
    for (auto const& each : stalled)
        result.body += line_of(each);
    return result;
}

reply readiness(engine_health const& health)
{
    return told(health.ready(), health);
}

reply startup(engine_health const& health)
{
    return told(health.started(), health);
}

} // namespace paperboy::http

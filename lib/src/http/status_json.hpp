#pragma once

#include "http/stall_fsm.hpp"

#include <paperboy/health.hpp>
#include <paperboy/stats.hpp>

#include <chrono>
#include <span>
#include <string>

namespace paperboy::http
{

// All that is known of an engine, as one line of JSON. Times are in seconds; what is not known is left out.
[[nodiscard]] std::string status_json(engine_health const& health, engine_stats const& stats,
                                      std::span<stall const> stalled, std::chrono::system_clock::time_point now);

} // namespace paperboy::http

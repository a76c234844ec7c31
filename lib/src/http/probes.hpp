#pragma once

#include "http/reply.hpp"
#include "http/stall_fsm.hpp"

#include <paperboy/health.hpp>

#include <span>

namespace paperboy::http
{

// The answers of the probes: the status for whoever asked, and a line for whoever looks into it.
[[nodiscard]] reply liveness(engine_health const& health, std::span<stall const> stalled);
[[nodiscard]] reply readiness(engine_health const& health);
[[nodiscard]] reply startup(engine_health const& health);

} // namespace paperboy::http

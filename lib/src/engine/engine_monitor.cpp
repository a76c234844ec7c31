#include <paperboy/engine_monitor.hpp>

#include "engine/engine_impl.hpp"

#include <paperboy/engine.hpp>

namespace paperboy
{

engine_monitor::engine_monitor(engine const& watched) : engine_{watched.handle_} {}

engine_health engine_monitor::health() const
{
    if (auto const watched = engine_.lock())
        return watched->state().health_now();
    auto gone = engine_health{};
    gone.reason = "the engine is gone";
    return gone;
}

engine_stats engine_monitor::stats() const
{
    auto const watched = engine_.lock();
    return watched ? watched->state().stats() : engine_stats{};
}

} // namespace paperboy

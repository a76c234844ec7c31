#pragma once

#include <paperboy/detail/engine_handle.hpp>
#include <paperboy/health.hpp>
#include <paperboy/stats.hpp>

#include <memory>

namespace paperboy
{

class engine;

/// Looks at an engine without keeping it alive: for what reports on it, such as metrics and HTTP endpoints.
///
/// Copies look at the same engine. Follows an engine that is moved; of one that is gone it says so. Safe from any
/// thread.
class engine_monitor
{
public:
    /// Looks at `watched`.
    explicit engine_monitor(engine const& watched);

    /// As `engine::health()`; `stopped` once the engine is gone.
    [[nodiscard]] engine_health health() const;

    /// As `engine::stats()`; an empty snapshot once the engine is gone.
    [[nodiscard]] engine_stats stats() const;

private:
    std::weak_ptr<detail::engine_impl> engine_;
};

} // namespace paperboy

#pragma once

#include <paperboy/schema_registry.hpp>

#include <chrono>
#include <mutex>

namespace paperboy::detail
{

// What a registry's client has asked for; outlives it where somebody still looks.
class registry_counters
{
public:
    void answered(unsigned status, std::chrono::nanoseconds took)
    {
        auto const lock = std::scoped_lock{guard_};
        ++(status == 429   ? all_.throttled
           : status >= 500 ? all_.server_errors
           : status >= 300 ? all_.refused
                           : all_.answered);
        all_.durations.add(took);
    }

    void unanswered()
    {
        auto const lock = std::scoped_lock{guard_};
        ++all_.unanswered;
    }

    [[nodiscard]] registry_stats snapshot() const
    {
        auto const lock = std::scoped_lock{guard_};
        return all_;
    }

private:
    mutable std::mutex guard_;
    registry_stats all_;
};

} // namespace paperboy::detail

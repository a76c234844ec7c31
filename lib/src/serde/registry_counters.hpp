#pragma once

#include <paperboy/schema_registry.hpp>

#include <chrono>
#include <cstdint>
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
        ++count_of(status);
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
    [[nodiscard]] std::uint64_t& count_of(unsigned status)
    {
        if (status == 429)
            return all_.throttled;
        if (status >= 500)
            return all_.server_errors;
        return status >= 300 ? all_.refused : all_.answered;
    }

    mutable std::mutex guard_;
    registry_stats all_;
};

} // namespace paperboy::detail

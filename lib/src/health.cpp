#include <paperboy/health.hpp>

namespace paperboy
{

std::string_view to_string(engine_status status) noexcept
{
    switch (status)
    {
    case engine_status::starting:
        return "starting";
    case engine_status::running:
        return "running";
    case engine_status::stopping:
        return "stopping";
    case engine_status::stopped:
        return "stopped";
    case engine_status::failed:
        return "failed";
    }
    return "unknown";
}

} // namespace paperboy

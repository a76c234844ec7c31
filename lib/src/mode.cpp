#include <paperboy/mode.hpp>

namespace paperboy
{

std::string_view to_string(handling_mode mode) noexcept
{
    switch (mode)
    {
    case handling_mode::automatic:
        return "automatic";
    case handling_mode::single:
        return "single";
    case handling_mode::bulk:
        return "bulk";
    }
    return "unknown";
}

} // namespace paperboy

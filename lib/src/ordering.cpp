#include <paperboy/ordering.hpp>

namespace paperboy
{

std::string_view to_string(ordering order) noexcept
{
    switch (order)
    {
    case ordering::partition:
        return "partition";
    case ordering::key:
        return "key";
    case ordering::none:
        return "none";
    }
    return "unknown";
}

} // namespace paperboy

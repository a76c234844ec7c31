#include "throughput/consumers.hpp"

namespace paperboy::bench
{

std::vector<mode> table_modes()
{
    return {};
}

std::vector<mode> transform_modes()
{
    return {};
}

} // namespace paperboy::bench

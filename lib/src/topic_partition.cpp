#include <paperboy/topic_partition.hpp>

namespace paperboy
{

std::string to_string(topic_partition const& where)
{
    return where.topic + "[" + std::to_string(where.partition) + "]";
}

} // namespace paperboy

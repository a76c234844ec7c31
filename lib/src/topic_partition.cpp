#include <paperboy/topic_partition.hpp>

#include <paperboy/detail/topic_name.hpp>

namespace paperboy
{

std::string to_string(topic_partition const& where)
{
    return where.topic + "[" + std::to_string(where.partition) + "]";
}

namespace detail
{

// Kafka's own rule: org.apache.kafka.common.internals.Topic.
bool is_topic_name(std::string_view text) noexcept
{
    constexpr std::size_t longest = 249;
    constexpr std::string_view legal = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !text.empty() && text.size() <= longest && text != "." && text != ".." &&
           text.find_first_not_of(legal) == text.npos;
}

} // namespace detail

} // namespace paperboy

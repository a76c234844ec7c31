#pragma once

#include <paperboy/admin.hpp>
#include <paperboy/record.hpp>
#include <paperboy/topic_reader.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::cli
{

/// What the engine has written into a dead letter's headers; what is missing is empty.
struct letter_origin
{
    std::string topic;
    std::optional<std::int32_t> partition;
    std::string offset;
    std::string group;
    std::string stage;
    std::string error_class;
    std::string message;
    std::string attempts;
};

/// Every header that the engine adds begins with this.
inline constexpr auto letter_prefix = std::string_view{"__paperboy.errors."};

[[nodiscard]] letter_origin origin_of(record_view const& letter);

/// A topic of dead letters: what there is, and what of it is still to be replayed.
struct letter_queue
{
    std::string topic;
    std::vector<topic_partition> partitions;
    topic_reader::offsets oldest;
    /// Where the next replay begins.
    topic_reader::offsets next;
    topic_reader::offsets ends;

    [[nodiscard]] std::int64_t letters() const;
    [[nodiscard]] std::int64_t waiting() const;
};

/// The group that a replay of this topic commits to, unless another was chosen.
[[nodiscard]] std::string replay_group(std::string const& topic, std::string const& chosen);

[[nodiscard]] letter_queue ask_queue(admin& cluster, std::string const& topic, std::string const& group);

} // namespace paperboy::cli

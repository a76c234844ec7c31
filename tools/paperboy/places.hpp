#pragma once

#include <paperboy/admin.hpp>
#include <paperboy/topic_partition.hpp>
#include <paperboy/topic_reader.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Places in partitions, as they are written on the command line.
namespace paperboy::cli
{

/// "beginning", "end", "stored", 42, -10 (from the end), "s@TIME", "e@TIME" (where to stop).
struct place
{
    enum class kind
    {
        beginning,
        end,
        stored,
        offset,
        before_end,
        time,
        stop_at_time,
    };
    kind is = kind::beginning;
    /// Of an offset; or how many records in front of the end.
    std::int64_t number = 0;
    timestamp time = {};
};

/// Throws usage_error, which names the option.
[[nodiscard]] place parse_place(std::string_view text, std::string_view option);

/// The offsets of a place in these partitions; an offset that was given need not be there. `group` is needed for stored
/// ones; where it has none, the beginning. Throws usage_error, cluster_error.
[[nodiscard]] std::vector<partition_offset> resolve(admin& cluster, std::span<topic_partition const> partitions,
                                                    place const& where, std::string const& group);

/// A topic, or some of its partitions: "views", "views:0,3". Throws usage_error for other texts, cluster_error for a
/// topic or a partition that there is not.
[[nodiscard]] std::vector<topic_partition> parse_partitions(admin& cluster, std::string_view text);

/// All partitions of a topic, or those of these numbers. Throws as parse_partitions.
[[nodiscard]] std::vector<topic_partition> partitions_of(admin& cluster, std::string const& topic,
                                                         std::span<std::int32_t const> numbers);

[[nodiscard]] topic_reader::offsets by_partition(std::span<partition_offset const> offsets);

} // namespace paperboy::cli

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace paperboy::tables
{

// What a shard tells other threads of itself.
struct shard_counters
{
    static constexpr std::int64_t none = -1;

    std::atomic<bool> ready{false};
    // When the restore began and was over, in nanoseconds of the steady clock; none before.
    std::atomic<std::int64_t> began{none};
    std::atomic<std::int64_t> ended{none};
    // The restore: records so far, and offsets: where it began, where it ends, where it is; none before they are known.
    std::atomic<std::uint64_t> restored{0};
    std::atomic<std::int64_t> from{none};
    std::atomic<std::int64_t> end{none};
    std::atomic<std::int64_t> at{none};
    // The working set.
    std::atomic<std::size_t> entries{0};
    std::atomic<std::size_t> bytes{0};
    std::atomic<std::size_t> dirty_bytes{0};
    std::atomic<std::size_t> pending{0};
    std::atomic<std::int64_t> next_offset{none};
    std::atomic<std::int64_t> stored_offset{none};
    std::atomic<std::uint64_t> checkpoints{0};
    std::atomic<std::uint64_t> failed_checkpoints{0};
};

} // namespace paperboy::tables

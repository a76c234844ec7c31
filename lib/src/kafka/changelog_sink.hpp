#pragma once

#include <paperboy/error.hpp>
#include <paperboy/shard_store.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace paperboy::kafka
{

// Why a changelog partition cannot be read on.
enum class changelog_trouble
{
    // The offset to go on from lies behind the end: the topic was made anew, or its brokers have lost records. What was
    // kept of it is worthless: forget it, and read from the beginning.
    beyond_end,
    // It lies in front of the oldest: records that it needs were deleted. Likewise.
    below_begin,
    // There is no such topic.
    topic_gone,
    // The topic has no such partition.
    partition_unknown,
    // The brokers do not let us read it.
    refused,
    // Its records cannot be read: damaged, or compressed in a way that this librdkafka does not know.
    unreadable,
};

struct changelog_failure
{
    changelog_trouble trouble = changelog_trouble::unreadable;
    error_code error;
    // One line: place, cause and remedy.
    std::string text;
};

// How far a reading has got.
struct changelog_progress
{
    // The partition's oldest offset, and the one to be reached: its end when the reading began, or a little later.
    std::int64_t begin = 0;
    std::int64_t end = 0;

    // The next offset, and where it began.
    std::int64_t position = 0;
    std::int64_t from = 0;

    // What was handed out since, in records and in bytes of keys and values.
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;

    // Whether the partition had no more when it was fetched last.
    bool at_end = false;

    // The partition's end, as the last fetch has told it.
    std::optional<std::int64_t> high_watermark = {};
};

enum class changelog_flow
{
    // The next block may come.
    next,
    // None until changelog_reading::resume().
    hold,
};

// Told what a changelog partition holds, on the reading's strand. Its functions must not throw.
class changelog_sink
{
public:
    changelog_sink() = default;
    changelog_sink(changelog_sink const&) = delete;
    changelog_sink& operator=(changelog_sink const&) = delete;
    virtual ~changelog_sink() = default;

    // Changes in front of the offset from which the request wants them, before all others: what a checkpoint has
    // already.
    virtual void known(std::span<shard_change const> /*changes*/) {}

    // What known() has told does not count: `why` the rest in front of that offset cannot be read.
    virtual void forget_known(std::string_view /*why*/) {}

    // Changes in the order of the changelog; their views end with the call. `next_offset` follows the last of them. In
    // a tail there may be none, when only the position has moved: over transaction markers, and over what was
    // compacted.
    virtual changelog_flow block(std::span<shard_change const> changes, std::int64_t next_offset) = 0;

    // Once begin and end are known, and after each block.
    virtual void progress(changelog_progress const& /*so_far*/) {}

    // Everything in front of the end that the partition had when the reading began has been handed out. Told once. The
    // last call, unless the request asked for the tail.
    virtual void done(std::int64_t next_offset) = 0;

    // The last call.
    virtual void failed(changelog_failure const& why) = 0;
};

} // namespace paperboy::kafka

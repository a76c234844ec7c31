#pragma once

#include "pipeline/partition_pipeline.hpp"

#include <paperboy/topic_partition.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace paperboy::pipeline
{

// Partitions the group gave us, each with its pipeline and what is committed of it. Every change of what is ours makes
// a new assignment, with an epoch of its own; pipelines that stay ours go from one to the next. Commits carry the
// epoch: what it answers for a partition that has come later, or again, since then changes nothing.
class assignment
{
public:
    using pipeline_ptr = std::shared_ptr<partition_pipeline>;

    // stats() is safe from any thread; the rest is for the engine's strand.
    assignment(std::uintptr_t epoch, std::vector<pipeline_ptr> pipelines);

    // These of its partitions, or those that are not among them; null when there are none.
    [[nodiscard]] std::shared_ptr<assignment> only(std::span<topic_partition const> partitions) const;
    [[nodiscard]] std::shared_ptr<assignment> without(std::span<topic_partition const> partitions) const;

    // Its partitions together with others, newly opened ones, as of their epoch.
    [[nodiscard]] std::shared_ptr<assignment> with(assignment const& others) const;

    [[nodiscard]] std::uintptr_t epoch() const noexcept { return epoch_; }
    [[nodiscard]] std::span<pipeline_ptr const> pipelines() const noexcept { return pipelines_; }
    [[nodiscard]] std::vector<topic_partition> partitions() const;

    // Whether it is a pipeline of this assignment: an earlier one may have had the same partition.
    [[nodiscard]] bool has(pipeline_ptr const& which) const;

    // A pipeline has ended; true when it was the last of this assignment.
    [[nodiscard]] bool one_ended(pipeline_ptr const& which);
    [[nodiscard]] bool all_ended() const noexcept { return working_ == 0; }

    // Whether everything that hooks have sent is acknowledged, or never will be.
    [[nodiscard]] bool all_acknowledged() const;

    // How many sends are not.
    [[nodiscard]] std::size_t unacknowledged() const;

    // The pipelines that have not ended.
    [[nodiscard]] std::vector<pipeline_ptr> unended() const;

    // What is finished and neither committed nor being committed.
    [[nodiscard]] std::vector<partition_offset> uncommitted() const;

    // Whether something is finished that is not committed, be it that it waits for acknowledgements.
    [[nodiscard]] bool leaves_finished() const;

    // The group accepted these offsets, in the answer to a commit of this epoch.
    void committed(std::span<partition_offset const> offsets, std::uintptr_t epoch);

    // Likewise, but a later commit may have been accepted before.
    void committed_late(std::span<partition_offset const> offsets, std::uintptr_t epoch);

    // A pipeline goes on at a lower offset: nothing is committed of it, and answers to commits that were sent before
    // this moment, which is counted with the epochs, change nothing.
    void fell(pipeline_ptr const& which, std::uintptr_t moment);

    [[nodiscard]] std::vector<partition_stats> stats() const;

private:
    // What is known of a partition; its epoch is that of the assignment it came with, or of its fall.
    struct entry
    {
        entry(std::uintptr_t epoch, pipeline_ptr what) : since{epoch}, pipeline{std::move(what)} {}
        entry(entry const& other)
            : since{other.since}, pipeline{other.pipeline}, committed{other.committed.load()}, ended{other.ended}
        {
        }

        std::uintptr_t since;
        pipeline_ptr pipeline;
        std::atomic<std::int64_t> committed{offset_tracker::nothing_finished};
        bool ended = false;
    };

    assignment(std::uintptr_t epoch, std::vector<entry> const& entries);
    [[nodiscard]] std::shared_ptr<assignment> part(std::span<topic_partition const> partitions, bool among) const;
    [[nodiscard]] entry* find(topic_partition const& where);

    // Sorted by partition, so that a commit's result finds its pipeline.
    std::uintptr_t epoch_;
    std::vector<pipeline_ptr> pipelines_;
    std::vector<entry> entries_;
    std::size_t working_;
};

} // namespace paperboy::pipeline

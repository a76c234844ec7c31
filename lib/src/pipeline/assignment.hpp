#pragma once

#include "pipeline/partition_pipeline.hpp"

#include <paperboy/topic_partition.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace paperboy::pipeline
{

// The partitions the group gave us, each with its pipeline and what is committed of it. Every assignment has an epoch
// of its own; commits carry it, so that a result which arrives after the assignment has gone changes nothing.
class assignment
{
public:
    using pipeline_ptr = std::shared_ptr<partition_pipeline>;

    // stats() is safe from any thread; the rest is for the engine's strand.
    assignment(std::uintptr_t epoch, std::vector<pipeline_ptr> pipelines);

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

    // The group accepted these offsets.
    void committed(std::span<partition_offset const> offsets);

    [[nodiscard]] std::vector<partition_stats> stats() const;

private:
    [[nodiscard]] std::size_t index_of(topic_partition const& where) const;

    // Sorted by partition, so that a commit's result finds its pipeline.
    std::uintptr_t epoch_;
    std::vector<pipeline_ptr> pipelines_;
    std::vector<std::atomic<std::int64_t>> committed_;
    std::vector<bool> ended_;
    std::size_t working_;
};

} // namespace paperboy::pipeline

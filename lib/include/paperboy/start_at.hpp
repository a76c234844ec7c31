#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

namespace paperboy
{

/// Where a run starts its partitions: `config::start` for all topics, `handler_options::start` for those of a handler.
///
/// All but `stored` are decided when a partition is assigned, by asking the brokers, and the decision is logged. The
/// chosen offset is committed at once in place of what was, so that it is a decision once per run and partition:
/// - a partition that comes back after a rebalance goes on at the group's committed offset;
/// - a program that is restarted decides anew, and so does another engine of the group that is given the partition for
///   the first time. Where that must not be, add `unless_committed()`: then the group decides once in its life.
///
/// An offset that the brokers do not have (any more) goes where `config::auto_offset_reset` says.
class start_at
{
public:
    /// What was chosen.
    enum class kind
    {
        stored,
        beginning,
        end,
        time,
        offsets,
    };

    /// The group's committed offset; without one, where `config::auto_offset_reset` says. The default.
    [[nodiscard]] static start_at stored() { return start_at{kind::stored}; }

    /// The oldest record that the brokers have.
    [[nodiscard]] static start_at beginning() { return start_at{kind::beginning}; }

    /// The first record that is produced after the partition was assigned.
    [[nodiscard]] static start_at end() { return start_at{kind::end}; }

    /// The first record whose timestamp is `when` or later; the end when there is none yet. Not before 1970.
    [[nodiscard]] static start_at time(std::chrono::system_clock::time_point when)
    {
        auto made = start_at{kind::time};
        made.when_ = when;
        return made;
    }

    /// These offsets, 0 or greater, by partition; partitions that are not named start as with `stored`. Only for a
    /// handler of one topic, given by its name.
    [[nodiscard]] static start_at offsets(std::map<std::int32_t, std::int64_t> by_partition)
    {
        auto made = start_at{kind::offsets};
        made.offsets_ = std::move(by_partition);
        return made;
    }

    start_at() = default;

    /// The same, only for partitions of which the group has nothing committed.
    [[nodiscard]] start_at unless_committed() const
    {
        auto made = *this;
        made.unless_committed_ = true;
        return made;
    }

    /// Which of them it is.
    [[nodiscard]] kind what() const noexcept { return what_; }
    /// Whether a committed offset takes precedence: `unless_committed()`.
    [[nodiscard]] bool gives_way() const noexcept { return unless_committed_; }
    /// With `time`: when.
    [[nodiscard]] std::chrono::system_clock::time_point when() const noexcept { return when_; }
    /// With `offsets`: those that were named.
    [[nodiscard]] std::map<std::int32_t, std::int64_t> const& by_partition() const noexcept { return offsets_; }

private:
    explicit start_at(kind what) : what_{what} {}

    kind what_ = kind::stored;
    bool unless_committed_ = false;
    std::chrono::system_clock::time_point when_;
    std::map<std::int32_t, std::int64_t> offsets_;
};

} // namespace paperboy

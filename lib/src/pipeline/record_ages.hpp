#pragma once

#include <boost/circular_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

namespace paperboy::pipeline
{

// Knows about when the oldest unfinished record of a partition was produced, to the block: when each fetched block
// begins, and, for what is still in the queue, when the last one ended. Told once per block, asked from any thread.
class record_ages
{
public:
    // A block was fetched; `first` and `last` are offsets, the times are in milliseconds since 1970, negative ones
    // unknown. What lies before `position` is finished.
    void fetched(std::int64_t first, std::int64_t first_ms, std::int64_t last, std::int64_t last_ms,
                 std::int64_t position)
    {
        auto const lock = std::scoped_lock{guard_};
        forget_before(position);
        // What comes next is known now: the estimate behind the last block gives way to it.
        if (ends_in_estimate_ && marks_.size() > 1)
            marks_.pop_back();
        if (marks_.size() + 2 <= marks_.capacity())
            marks_.push_back({first, first_ms});
        marks_.push_back({last + 1, last_ms});
        ends_in_estimate_ = true;
    }

    // What is fetched next has lower offsets.
    void begin_anew()
    {
        auto const lock = std::scoped_lock{guard_};
        marks_.clear();
        ends_in_estimate_ = false;
    }

    // Offset of the first record that was ever fetched: where to count from before one is finished.
    [[nodiscard]] std::optional<std::int64_t> first_fetched() const
    {
        auto const lock = std::scoped_lock{guard_};
        return marks_.empty() ? std::nullopt : std::optional{marks_.front().offset};
    }

    // When the record at `position` was produced, as far as is known: not before.
    [[nodiscard]] std::optional<std::int64_t> produced_ms(std::int64_t position) const
    {
        auto const lock = std::scoped_lock{guard_};
        auto found = std::optional<std::int64_t>{};
        for (auto const& each : marks_)
        {
            if (found && each.offset > position)
                break;
            if (each.ms >= 0)
                found = each.ms;
        }
        return found;
    }

private:
    struct mark
    {
        std::int64_t offset;
        std::int64_t ms;
    };

    // More blocks than a partition can have unfinished, but for lanes with a stuck key: then later ones count as one.
    static constexpr std::size_t most = 256;

    void forget_before(std::int64_t position)
    {
        while (marks_.size() > 1 && marks_[1].offset <= position)
            marks_.pop_front();
    }

    mutable std::mutex guard_;
    boost::circular_buffer<mark> marks_{most};
    bool ends_in_estimate_ = false;
};

} // namespace paperboy::pipeline

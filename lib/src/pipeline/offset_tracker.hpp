#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace paperboy::pipeline
{

// Knows up to which offset everything is finished, so that a commit never passes unfinished work.
//
// Records are admitted in offset order and may finish in any order: position() is the offset of the first unfinished
// one, or one past the last record when all are finished, and only ever rises, unless fall_to() says that the log is
// another. Offsets may have gaps (compaction, transaction markers).
// One strand admits and finishes; position() may be read from any thread.
class offset_tracker
{
public:
    static constexpr std::int64_t nothing_finished = -1;

    // Identifies an admitted record until it is finished.
    using ticket = std::uint64_t;

    // A record starts; its offset must be greater than all before.
    [[nodiscard]] ticket admit(std::int64_t offset)
    {
        if (count_ == ring_.size())
            grow();
        ring_[index(count_)] = {offset, false};
        return first_ + count_++;
    }

    // An admitted record is finished.
    void finish(ticket which)
    {
        ring_[index(which - first_)].finished = true;
        if (which == first_)
            advance();
    }

    // Where records are handled one after the other, their finishing is a store: see batch_run::finish.
    // Not to be mixed with admitted records that are unfinished.
    [[nodiscard]] std::atomic<std::int64_t>& in_order() noexcept { return position_; }

    // Nothing is unfinished, and no record follows before `offset`: the position moves over the gap.
    void pass_gap(std::int64_t offset)
    {
        if (count_ == 0 && offset > position_.load(std::memory_order_relaxed))
            position_.store(offset, std::memory_order_release);
    }

    // What lies between the finished records and the first unfinished one is no record: the position moves over it.
    void pass_gap_in_front()
    {
        if (count_ > 0 && ring_[head_].offset > position_.load(std::memory_order_relaxed))
            position_.store(ring_[head_].offset, std::memory_order_release);
    }

    // Nothing is unfinished, and the next record is at `offset`, where records have been before: whether the position
    // falls to it.
    [[nodiscard]] bool fall_to(std::int64_t offset)
    {
        if (count_ > 0 || offset >= position_.load(std::memory_order_relaxed))
            return false;
        position_.store(offset, std::memory_order_release);
        return true;
    }

    // Likewise, when nothing is admitted or finished any more, whatever is unfinished.
    [[nodiscard]] bool give_up_to(std::int64_t offset)
    {
        count_ = 0;
        return fall_to(offset);
    }

    // Everything in front of it is finished; or nothing_finished.
    [[nodiscard]] std::int64_t position() const noexcept { return position_.load(std::memory_order_acquire); }

    // How many admitted records are held back: unfinished, or behind an unfinished one.
    [[nodiscard]] std::size_t held() const noexcept { return count_; }

private:
    struct entry
    {
        std::int64_t offset = 0;
        bool finished = false;
    };

    [[nodiscard]] std::size_t index(std::uint64_t distance) const noexcept
    {
        return (head_ + static_cast<std::size_t>(distance)) & (ring_.size() - 1);
    }

    void advance()
    {
        auto next = position_.load(std::memory_order_relaxed);
        while (count_ > 0 && ring_[head_].finished)
        {
            next = ring_[head_].offset + 1;
            head_ = (head_ + 1) & (ring_.size() - 1);
            ++first_;
            --count_;
        }
        if (count_ > 0)
            next = ring_[head_].offset;
        position_.store(next, std::memory_order_release);
    }

    void grow()
    {
        auto larger = std::vector<entry>(ring_.size() * 2);
        for (std::size_t i = 0; i < count_; ++i)
            larger[i] = ring_[index(i)];
        ring_.swap(larger);
        head_ = 0;
    }

    // A ring whose size is a power of two; first_ is the ticket at head_.
    std::vector<entry> ring_ = std::vector<entry>(64);
    std::size_t head_ = 0;
    std::size_t count_ = 0;
    ticket first_ = 0;
    std::atomic<std::int64_t> position_{nothing_finished};
};

} // namespace paperboy::pipeline

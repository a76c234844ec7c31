#pragma once

#include <paperboy/detail/record_block.hpp>
#include <paperboy/mode.hpp>
#include <paperboy/record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace paperboy::pipeline
{

// Forms bulks out of fetched blocks: records stay where they are, a bulk may span several blocks and end inside one.
class batcher
{
public:
    explicit batcher(mode_policy const& policy) noexcept
        : even_{policy.even_bulks}, max_records_{policy.max_records}, max_bytes_{policy.max_bytes},
          bulk_records_{policy.max_records}
    {
    }

    // Other limits, from the next bulk on. Both 1 or more.
    void limit(std::size_t max_records, std::size_t max_bytes) noexcept
    {
        max_records_ = max_records;
        max_bytes_ = max_bytes;
        bulk_records_ = max_records;
        halves_ = 0;
    }

    // Takes a block that has records; `bytes` are their keys and values.
    void add(detail::block_holder block, std::uint64_t bytes)
    {
        records_ += block->messages().size();
        bytes_ += bytes;
        blocks_.push_back({std::move(block), bytes});
    }

    // How many records wait, those of the bulk at hand included.
    [[nodiscard]] std::size_t waiting() const noexcept { return records_; }

    // Whether a limit is reached: no need to wait for more.
    [[nodiscard]] bool full() const noexcept { return records_ >= bulk_records_ || bytes_ >= max_bytes_; }

    // How many of the `queued` records, at most `most`, the next block should have: it ends where a bulk does, and
    // leaves the last two bulks of what waits to be divided evenly. A rest that waits for the next fetch costs more
    // than its records: it leaves the processor's caches and keeps the whole buffer that librdkafka fetched, so that
    // the fetcher unpacks into cold memory. Of json400's CPU time that was a fifth.
    [[nodiscard]] std::size_t next_block(std::size_t queued, std::size_t most) noexcept
    {
        plan(records_ + queued);
        auto const missing = bulk_records_ - std::min(records_, bulk_records_);
        if (missing == 0 || missing >= most)
            return most;
        if (halves_ > 0)
            return queued <= most ? most : missing;
        auto bulks = 1 + (most - missing) / max_records_;
        auto const ready = records_ + queued;
        if (even_ && ready >= 2 * max_records_ && ready % max_records_ != 0)
            bulks = std::min(bulks, ready / max_records_ - 1);
        return missing + (bulks - 1) * max_records_;
    }

    // The queue is empty: what waits is all there is. That may be less than was planned with, as a queue counts what is
    // no record (the partition's end, errors, transaction markers), or more, as it grows meanwhile.
    void no_more() noexcept
    {
        if (halves_ > 0)
            plan(records_);
    }

    // Offset of the first record that waits; only with waiting() > 0.
    [[nodiscard]] std::int64_t first_offset() const noexcept
    {
        return blocks_.front().block->messages()[cursor_]->offset;
    }

    // The next bulk, up to the limits; valid until drop(). At least one record when any waits. Its offsets rise: a
    // block that begins lower than the one before ends begins another bulk.
    [[nodiscard]] std::span<record_view const> next()
    {
        views_.clear();
        views_.reserve(std::min(records_, bulk_records_));
        bulk_bytes_ = 0;
        auto skip = cursor_;
        for (auto const& each : blocks_)
        {
            auto const messages = each.block->messages();
            if (!views_.empty() && messages.front()->offset <= views_.back().offset()) [[unlikely]]
                break;
            if (skip == 0 && views_.size() + messages.size() <= bulk_records_ && bulk_bytes_ + each.bytes <= max_bytes_)
                take_all(*each.block, each.bytes);
            else if (!take_some(*each.block, messages.subspan(skip)))
                break;
            skip = 0;
        }
        return views_;
    }

    // Keys and values of the bulk at hand.
    [[nodiscard]] std::uint64_t bulk_bytes() const noexcept { return bulk_bytes_; }

    // Lets go of the records of the bulk at hand. Blocks that are used up go to `recycle`.
    template <class Recycle>
    void drop(Recycle recycle)
    {
        auto left = views_.size();
        if (halves_ > 0)
            bulk_records_ = --halves_ == 1 ? second_half_ : max_records_;
        records_ -= left;
        bytes_ -= bulk_bytes_;
        views_.clear();
        bulk_bytes_ = 0;
        while (left > 0)
        {
            auto const here = blocks_.front().block->messages().size() - cursor_;
            if (left < here)
            {
                cursor_ += left;
                return;
            }
            left -= here;
            cursor_ = 0;
            recycle(std::move(blocks_.front().block));
            blocks_.pop_front();
        }
    }

private:
    // How many records the next bulk has, with so many there.
    void plan(std::size_t ready) noexcept
    {
        if (even_ && ready > max_records_ && ready < 2 * max_records_)
        {
            halves_ = 2;
            second_half_ = ready / 2;
            bulk_records_ = ready - second_half_;
            return;
        }
        halves_ = halves_ == 1 && ready > 0 && ready <= max_records_ ? 1 : 0;
        bulk_records_ = halves_ == 1 ? ready : max_records_;
    }

    struct waiting_block
    {
        detail::block_holder block;
        std::uint64_t bytes;
    };

    void take_all(detail::record_block& block, std::uint64_t bytes)
    {
        for (auto const* const each : block.messages())
            views_.emplace_back(block, *each);
        bulk_bytes_ += bytes;
    }

    // False when a limit ends the bulk in front of one of these.
    bool take_some(detail::record_block& block, std::span<detail::message const* const> messages)
    {
        for (auto const* const each : messages)
        {
            auto const size = each->value_size + each->key_size;
            auto const fits = views_.size() < bulk_records_ && bulk_bytes_ + size <= max_bytes_;
            if (!fits && !views_.empty())
                return false;
            views_.emplace_back(block, *each);
            bulk_bytes_ += size;
        }
        return true;
    }

    bool even_;
    std::size_t max_records_;
    std::size_t max_bytes_;
    std::size_t bulk_records_;
    int halves_ = 0; // of what was divided, those that are still to come
    std::size_t second_half_ = 0;
    std::deque<waiting_block> blocks_;
    std::size_t cursor_ = 0;
    std::size_t records_ = 0;
    std::uint64_t bytes_ = 0;
    std::vector<record_view> views_;
    std::uint64_t bulk_bytes_ = 0;
};

} // namespace paperboy::pipeline

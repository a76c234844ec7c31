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
        : max_records_{policy.max_records}, max_bytes_{policy.max_bytes}
    {
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
    [[nodiscard]] bool full() const noexcept { return records_ >= max_records_ || bytes_ >= max_bytes_; }

    // How many records, at most `most`, the next block should have: it ends where a bulk does. So bulks that
    // max_records ends are made of whole blocks: what is left of a block would wait for the next fetch, and leave the
    // processor's caches.
    [[nodiscard]] std::size_t up_to_boundary(std::size_t most) const noexcept
    {
        auto const missing = max_records_ - records_ % max_records_;
        return missing >= most ? most : most - (most - missing) % max_records_;
    }

    // Offset of the first record that waits; only with waiting() > 0.
    [[nodiscard]] std::int64_t first_offset() const noexcept
    {
        return blocks_.front().block->messages()[cursor_]->offset;
    }

    // The next bulk, up to the limits; valid until drop(). At least one record when any waits.
    [[nodiscard]] std::span<record_view const> next()
    {
        views_.clear();
        views_.reserve(std::min(records_, max_records_));
        bulk_bytes_ = 0;
        auto skip = cursor_;
        for (auto const& each : blocks_)
        {
            auto const messages = each.block->messages();
            if (skip == 0 && views_.size() + messages.size() <= max_records_ && bulk_bytes_ + each.bytes <= max_bytes_)
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
            auto const fits = views_.size() < max_records_ && bulk_bytes_ + size <= max_bytes_;
            if (!fits && !views_.empty())
                return false;
            views_.emplace_back(block, *each);
            bulk_bytes_ += size;
        }
        return true;
    }

    std::size_t max_records_;
    std::size_t max_bytes_;
    std::deque<waiting_block> blocks_;
    std::size_t cursor_ = 0;
    std::size_t records_ = 0;
    std::uint64_t bytes_ = 0;
    std::vector<record_view> views_;
    std::uint64_t bulk_bytes_ = 0;
};

} // namespace paperboy::pipeline

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <mutex>

namespace paperboy::pipeline
{

// Knows which offsets of a partition wait for the acknowledgement of what was sent on their behalf, so that a commit
// never passes one. All of it may be called from any thread.
class ack_gate
{
public:
    static constexpr std::int64_t open = std::numeric_limits<std::int64_t>::max();

    // One more record is sent on behalf of this offset.
    void hold(std::int64_t offset)
    {
        auto const lock = std::scoped_lock{guard_};
        ++outstanding_;
        if (!held_.empty() && held_.back().offset == offset)
            ++held_.back().sends;
        else if (held_.empty() || held_.back().offset < offset)
            held_.push_back({offset, 1});
        else
            hold_in_between(offset);
        publish();
    }

    // One of them is acknowledged.
    void acknowledge(std::int64_t offset)
    {
        auto const lock = std::scoped_lock{guard_};
        let_go(offset);
        publish();
    }

    // One of them never will be: nothing from this offset on may be committed.
    void fail(std::int64_t offset)
    {
        auto const lock = std::scoped_lock{guard_};
        let_go(offset);
        failed_ = std::min(failed_, offset);
        publish();
    }

    // The lowest offset that may not be committed; `open` when there is none. See outbox::send for why a position has
    // to be read before this.
    [[nodiscard]] std::int64_t lowest() const noexcept { return lowest_.load(); }

    // Whether nothing is waited for: all is acknowledged, or has failed.
    [[nodiscard]] bool settled() const
    {
        auto const lock = std::scoped_lock{guard_};
        return outstanding_ == 0;
    }

    // How many sends are waited for.
    [[nodiscard]] std::size_t outstanding() const
    {
        auto const lock = std::scoped_lock{guard_};
        return outstanding_;
    }

private:
    struct held
    {
        std::int64_t offset;
        std::size_t sends;
    };

    // Where every record sends, offsets follow each other without gaps, and the place is known without a search.
    [[nodiscard]] std::deque<held>::iterator find(std::int64_t offset)
    {
        if (!held_.empty() && offset >= held_.front().offset)
            if (auto const distance = static_cast<std::size_t>(offset - held_.front().offset);
                distance < held_.size() && held_[distance].offset == offset)
                return held_.begin() + static_cast<std::ptrdiff_t>(distance);
        return std::ranges::lower_bound(held_, offset, {}, &held::offset);
    }

    // Hooks of one partition may overlap, and a retained record may be sent for later.
    void hold_in_between(std::int64_t offset)
    {
        auto const at = find(offset);
        if (at != held_.end() && at->offset == offset)
            ++at->sends;
        else
            held_.insert(at, {offset, 1});
    }

    // Entries without sends stay until they are the first, so that letting go in any order costs a search.
    void let_go(std::int64_t offset)
    {
        if (auto const at = find(offset); at != held_.end() && at->offset == offset && at->sends > 0)
        {
            --at->sends;
            --outstanding_;
        }
        while (!held_.empty() && held_.front().sends == 0)
            held_.pop_front();
    }

    void publish() noexcept
    {
        auto const first = held_.empty() ? open : held_.front().offset;
        lowest_.store(std::min(first, failed_));
    }

    mutable std::mutex guard_;
    std::deque<held> held_;
    std::size_t outstanding_ = 0;
    std::int64_t failed_ = open;
    std::atomic<std::int64_t> lowest_{open};
};

} // namespace paperboy::pipeline

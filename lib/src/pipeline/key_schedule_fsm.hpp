#pragma once

#include <paperboy/ordering.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace paperboy::pipeline
{

// Decides which of a partition's records may be in their hooks at the same time: those of one key one after the other,
// in the order in which they were admitted.
//
// Keys are known by their hashes. Two keys with the same hash wait for each other, which costs time and breaks nothing.
class key_schedule
{
public:
    // Identifies an admitted record until it is finished; smaller than the capacity.
    using slot = std::uint32_t;

    // At most `capacity` records are admitted and unfinished at a time.
    explicit key_schedule(std::size_t capacity) : entries_(capacity)
    {
        for (auto i = capacity; i > 0; --i)
            free_.push_back(static_cast<slot>(i - 1));
    }

    [[nodiscard]] std::size_t unfinished() const noexcept { return entries_.size() - free_.size(); }
    [[nodiscard]] std::size_t capacity() const noexcept { return entries_.size(); }

    // A record that nobody has to wait for. Only with unfinished() < capacity(), as the next.
    slot admit()
    {
        auto const which = take_slot();
        make_ready(which);
        return which;
    }

    // A record that waits for all of its key that were admitted before it.
    slot admit(std::size_t key)
    {
        auto const which = take_slot();
        entries_[which].key = key;
        entries_[which].keyed = true;
        auto const [last, alone] = last_of_key_.try_emplace(key, which);
        if (alone)
            make_ready(which);
        else
            entries_[last->second].next_of_key = which;
        last->second = which;
        return which;
    }

    // Whether a record could begin.
    [[nodiscard]] bool ready() const noexcept { return first_ready_ != nobody; }

    // The record that may begin now, the earliest that became ready; nothing when none may.
    [[nodiscard]] std::optional<slot> begin() noexcept
    {
        if (!ready())
            return std::nullopt;
        auto const which = first_ready_;
        first_ready_ = entries_[which].next_ready;
        if (first_ready_ == nobody)
            last_ready_ = nobody;
        return which;
    }

    // A record that had begun is finished: the next of its key becomes ready.
    void finish(slot which)
    {
        auto const& ended = entries_[which];
        if (ended.next_of_key != nobody)
            make_ready(ended.next_of_key);
        else if (ended.keyed)
            last_of_key_.erase(ended.key);
        free_.push_back(which);
    }

private:
    static constexpr slot nobody = UINT32_MAX;

    struct entry
    {
        std::size_t key = 0;
        bool keyed = false;
        slot next_of_key = nobody;
        slot next_ready = nobody;
    };

    [[nodiscard]] slot take_slot()
    {
        auto const which = free_.back();
        free_.pop_back();
        entries_[which] = {};
        return which;
    }

    void make_ready(slot which) noexcept
    {
        if (last_ready_ == nobody)
            first_ready_ = which;
        else
            entries_[last_ready_].next_ready = which;
        last_ready_ = which;
    }

    std::vector<entry> entries_;
    std::vector<slot> free_;
    slot first_ready_ = nobody;
    slot last_ready_ = nobody;
    boost::unordered_flat_map<std::size_t, slot> last_of_key_;
};

} // namespace paperboy::pipeline

#pragma once

#include "table/entry_index.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace paperboy::tables
{

// Keys that are likely to be looked for soon, those of the records of a batch, each with the entry that it seems to
// have. All of it is a guess: the entry may have gone since, and even the key's memory. Where the guesses come to
// nothing, since hooks ask for other keys, they are given up for a while.
class expected_keys
{
public:
    // How many searches go on at once: as many as a processor can wait for.
    static constexpr std::size_t at_once = 16;

    // Whether so many keys are worth it now: add() has to follow for each.
    [[nodiscard]] bool begin(std::size_t count)
    {
        clear();
        if (count < fewest)
            return false;
        if (given_up_ > 0)
        {
            --given_up_;
            return false;
        }
        keys_.reserve(count);
        return true;
    }

    void add(std::string_view key, entry_index::number entry)
    {
        auto& added = keys_.emplace_back();
        added.at = key.data();
        added.entry = entry;
    }

    // What seems to be the entry of a key, known by its place in memory; each is told once, and those before it no
    // more.
    [[nodiscard]] entry_index::number take(std::string_view key) noexcept
    {
        auto const end = std::min(keys_.size(), next_ + look_ahead);
        for (auto at = next_; at < end; ++at)
            if (keys_[at].at == key.data())
            {
                next_ = at + 1;
                ++taken_;
                return keys_[at].entry;
            }
        return entry_index::none;
    }

    void clear() noexcept
    {
        if (taken_ < keys_.size() / worth_it)
            given_up_ = pause;
        keys_.clear();
        next_ = 0;
        taken_ = 0;
    }

private:
    struct expected
    {
        char const* at = nullptr;
        entry_index::number entry = entry_index::none;
    };

    static constexpr std::size_t fewest = 4;
    static constexpr std::size_t look_ahead = 16;
    // One of so many.
    static constexpr std::size_t worth_it = 4;
    // So many batches.
    static constexpr std::size_t pause = 64;

    std::vector<expected> keys_;
    std::size_t next_ = 0;
    std::size_t taken_ = 0;
    std::size_t given_up_ = 0;
};

} // namespace paperboy::tables

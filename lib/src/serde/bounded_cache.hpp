#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <utility>

namespace paperboy::serde
{

// Values that are remembered until they expire, or until the cache is full and they are the oldest. The clock is the
// caller's.
template <class Key, class Value>
class bounded_cache
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit bounded_cache(std::size_t limit) noexcept : limit_{limit} {}

    // Null when there is none, or none any more.
    [[nodiscard]] Value const* find(Key const& key, time_point now) const
    {
        auto const found = entries_.find(key);
        return found != entries_.end() && now < found->second.expires ? &found->second.value : nullptr;
    }

    // Replaces what was there, without making it younger.
    void put(Key const& key, Value value, time_point expires = time_point::max())
    {
        if (auto const found = entries_.find(key); found != entries_.end())
        {
            found->second.value = std::move(value);
            found->second.expires = expires;
            return;
        }
        if (entries_.size() >= limit_)
        {
            entries_.erase(ages_.front());
            ages_.pop_front();
        }
        entries_.emplace(key, entry{std::move(value), expires});
        ages_.push_back(key);
    }

    // Whoever looks for it finds none.
    void expire(Key const& key)
    {
        if (auto const found = entries_.find(key); found != entries_.end())
            found->second.expires = time_point::min();
    }

    void clear() noexcept
    {
        entries_.clear();
        ages_.clear();
    }

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    struct entry
    {
        Value value;
        time_point expires;
    };

    std::size_t limit_;
    std::map<Key, entry> entries_;
    std::list<Key> ages_;
};

} // namespace paperboy::serde

#pragma once

#include <paperboy/detail/send_ledger.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace paperboy::tables
{

// On behalf of whom the changes are that wait to be sent together, all of one ledger. The lowest of their offsets is
// held, once, and holds the others back: nothing behind it can be committed.
//
// A ledger has its shards, and a shard has these: so they do not keep the ledger. Its partition does, for as long as
// anybody asks for its offsets; nobody takes these away when an io_context goes while a hook waits.
class unsent_changes
{
public:
    // Whether those that wait are of another ledger: they have to go first.
    [[nodiscard]] bool of_others(std::shared_ptr<detail::send_ledger> const& ledger) const noexcept
    {
        return !causes_.empty() && (ledger_.owner_before(ledger) || ledger.owner_before(ledger_));
    }

    // Numbers of changes follow each other; one that is there already has been coalesced.
    void add(std::uint64_t number, std::shared_ptr<detail::send_ledger> const& ledger, std::int64_t offset)
    {
        if (causes_.empty())
        {
            first_ = number;
            ledger_ = ledger;
            held_ = offset;
            if (ledger)
                ledger->sending(held_);
        }
        else if (offset < held_)
        {
            auto const before = std::exchange(held_, offset);
            if (ledger)
            {
                ledger->sending(held_);
                ledger->acknowledged(before);
            }
        }
        if (auto const at = number - first_; at < causes_.size())
            causes_[at] = std::min(causes_[at], offset);
        else
            causes_.push_back(offset);
    }

    // Calls `send(first number, causes, held offset, ledger)` for all of them, in the order of their numbers, at most
    // so many at a time. Each time the lowest offset of those is held, for whoever sends them.
    template <class Send>
    void take(std::size_t most, Send send)
    {
        auto const ledger = ledger_.lock();
        auto const all = std::span<std::int64_t const>{causes_};
        auto const these = [&](std::size_t at) { return all.subspan(at, std::min(most, all.size() - at)); };
        auto const several = ledger && all.size() > most;
        // All are held before any is sent: one that fails at once wakes who looks whether nothing is held any more, and
        // nobody would wake him after the last one.
        for (std::size_t at = 0; several && at < all.size(); at += most)
            ledger->sending(std::ranges::min(these(at)));
        if (several)
            ledger->acknowledged(held_);
        for (std::size_t at = 0; at < all.size(); at += most)
            send(first_ + at, these(at), several ? std::ranges::min(these(at)) : held_, ledger);
        forget();
    }

    // What is not sent will not be: its offset stays held.
    void forget() noexcept
    {
        causes_.clear();
        ledger_.reset();
    }

    [[nodiscard]] bool empty() const noexcept { return causes_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return causes_.size(); }

private:
    std::vector<std::int64_t> causes_;
    std::weak_ptr<detail::send_ledger> ledger_;
    std::int64_t held_ = -1;
    std::uint64_t first_ = 0;
};

} // namespace paperboy::tables

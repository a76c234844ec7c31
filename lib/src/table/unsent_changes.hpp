#pragma once

#include <paperboy/detail/send_ledger.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

namespace paperboy::tables
{

// On behalf of whom the changes are that wait to be sent together. Of several records that changed one key, the offset
// of the first holds the others back, too: nothing behind it can be committed.
//
// A ledger has its shards, and a shard has these: so they do not keep the ledger. Its partition does, for as long as
// anybody asks for its offsets; nobody takes these away when an io_context goes while a hook waits.
class unsent_changes
{
public:
    struct cause
    {
        std::shared_ptr<detail::send_ledger> ledger;
        std::int64_t offset = -1;
    };

    // Whether those that wait are of another ledger: they have to go first.
    [[nodiscard]] bool of_others(std::shared_ptr<detail::send_ledger> const& ledger) const noexcept
    {
        return !causes_.empty() && !same(causes_.back().ledger, ledger);
    }

    // Numbers of changes follow each other; one that is there already has been coalesced.
    void add(std::uint64_t number, cause const& of)
    {
        if (causes_.empty())
            first_ = number;
        if (number - first_ == causes_.size())
        {
            hold(of);
            causes_.push_back({of.ledger, of.offset});
            return;
        }
        auto& before = causes_[number - first_];
        if (of.offset >= before.offset)
            return;
        hold(of);
        if (auto const ledger = before.ledger.lock())
            ledger->acknowledged(before.offset);
        before = {of.ledger, of.offset};
    }

    // They are to be taken in the order of their numbers.
    [[nodiscard]] cause take()
    {
        auto first = cause{causes_.front().ledger.lock(), causes_.front().offset};
        causes_.pop_front();
        ++first_;
        return first;
    }

    [[nodiscard]] bool empty() const noexcept { return causes_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return causes_.size(); }

private:
    struct waiting
    {
        std::weak_ptr<detail::send_ledger> ledger;
        std::int64_t offset;
    };

    [[nodiscard]] static bool same(std::weak_ptr<detail::send_ledger> const& left,
                                   std::shared_ptr<detail::send_ledger> const& right) noexcept
    {
        return !left.owner_before(right) && !right.owner_before(left);
    }

    static void hold(cause const& of)
    {
        if (of.ledger)
            of.ledger->sending(of.offset);
    }

    std::deque<waiting> causes_;
    std::uint64_t first_ = 0;
};

} // namespace paperboy::tables

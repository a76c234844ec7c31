#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace paperboy::tables
{

// Numbers of entries, found by the hashes of their keys. The hashes lie beside them, so that a key costs two accesses
// to memory that is in no cache, one here and one at its entry, and growing looks at no entry.
class entry_index
{
public:
    using number = std::uint32_t;
    static constexpr number none = 0xffffffff;

    // The one of those with this hash for which `same(number)` is true.
    template <class Same>
    [[nodiscard]] number find(std::uint32_t hash, Same same) const
    {
        for (auto at = hash & mask();; at = (at + 1) & mask())
        {
            auto const& each = slots_[at];
            if (each.what == none || (each.hash == hash && same(each.what)))
                return each.what;
        }
    }

    // Brings near what find() reads first.
    void prefetch(std::uint32_t hash) const noexcept { __builtin_prefetch(&slots_[hash & mask()]); }

    void insert(std::uint32_t hash, number what)
    {
        if ((size_ + 1) * 3 > slots_.size() * 2)
            grow();
        put(hash, what);
        ++size_;
    }

    // It has to be there. Those that were moved on by it move back, so that no search ends too early.
    void erase(std::uint32_t hash, number what)
    {
        auto gap = std::size_t{hash & mask()};
        while (slots_[gap].what != what)
            gap = (gap + 1) & mask();
        for (auto at = (gap + 1) & mask(); slots_[at].what != none; at = (at + 1) & mask())
        {
            auto const home = slots_[at].hash & mask();
            if (((at - home) & mask()) < ((at - gap) & mask()))
                continue;
            slots_[gap] = slots_[at];
            gap = at;
        }
        slots_[gap] = {};
        --size_;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    struct slot
    {
        std::uint32_t hash = 0;
        number what = none;
    };

    static constexpr std::size_t first_slots = 16;

    [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }

    void put(std::uint32_t hash, number what)
    {
        auto at = std::size_t{hash & mask()};
        while (slots_[at].what != none)
            at = (at + 1) & mask();
        slots_[at] = {hash, what};
    }

    void grow()
    {
        auto const before = std::move(slots_);
        slots_ = std::vector<slot>(before.size() * 2);
        for (auto const& each : before)
            if (each.what != none)
                put(each.hash, each.what);
    }

    // A power of two.
    std::vector<slot> slots_ = std::vector<slot>(first_slots);
    std::size_t size_ = 0;
};

} // namespace paperboy::tables

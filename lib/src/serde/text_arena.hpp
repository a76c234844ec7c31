#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace paperboy::serde
{

// Memory for texts that stay where they are until all are forgotten together; then it is used again.
class text_arena
{
public:
    // Room for `size` bytes, which the next call gives away again unless some of them are kept.
    [[nodiscard]] char* room(std::size_t size)
    {
        while (block_ < blocks_.size() && blocks_[block_].size - used_ < size)
        {
            ++block_;
            used_ = 0;
        }
        if (block_ == blocks_.size())
            add(size);
        return blocks_[block_].memory.get() + used_;
    }

    void keep(std::size_t size) noexcept { used_ += size; }

    void forget() noexcept
    {
        block_ = 0;
        used_ = 0;
    }

private:
    struct block
    {
        std::unique_ptr<char[]> memory;
        std::size_t size;
    };

    void add(std::size_t size)
    {
        auto const grown = std::max({size, smallest, blocks_.empty() ? 0 : 2 * blocks_.back().size});
        blocks_.push_back({std::make_unique_for_overwrite<char[]>(grown), grown});
    }

    static constexpr std::size_t smallest = 4096;

    std::vector<block> blocks_;
    std::size_t block_ = 0;
    std::size_t used_ = 0;
};

} // namespace paperboy::serde

#pragma once

#include <paperboy/shard_store.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy::tables
{

// Entries of a store, with changes laid over them.
class merged_cursor : public shard_cursor
{
public:
    // `changes` are of distinct keys in ascending order, views into `text` or into what outlives the cursor; `below`
    // may be null.
    merged_cursor(std::vector<shard_change> changes, std::unique_ptr<char[]> text, std::unique_ptr<shard_cursor> below)
        : changes_{std::move(changes)}, text_{std::move(text)}, below_{std::move(below)}
    {
        settle();
    }

    [[nodiscard]] bool valid() const override { return from_changes_ || stands(); }
    [[nodiscard]] std::string_view key() const override { return from_changes_ ? changes_[at_].key : below_->key(); }
    [[nodiscard]] std::string_view value() const override
    {
        return from_changes_ ? *changes_[at_].value : below_->value();
    }

    void next() override
    {
        if (from_changes_)
            pass_change();
        else
            below_->next();
        settle();
    }

private:
    [[nodiscard]] bool stands() const { return below_ && below_->valid(); }

    // A change hides the store's entry of its key.
    void pass_change()
    {
        if (stands() && below_->key() == changes_[at_].key)
            below_->next();
        ++at_;
    }

    void settle()
    {
        while (at_ < changes_.size() && (!stands() || changes_[at_].key <= below_->key()))
        {
            from_changes_ = changes_[at_].value.has_value();
            if (from_changes_)
                return;
            pass_change();
        }
        from_changes_ = false;
    }

    std::vector<shard_change> changes_;
    std::unique_ptr<char[]> text_;
    std::unique_ptr<shard_cursor> below_;
    std::size_t at_ = 0;
    bool from_changes_ = false;
};

} // namespace paperboy::tables

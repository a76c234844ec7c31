#pragma once

#include <paperboy/shard_store.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy::tables
{

using contents = std::map<std::string, std::string, std::less<>>;

class model_cursor : public shard_cursor
{
public:
    explicit model_cursor(contents entries) : entries_{std::move(entries)}, at_{entries_.begin()} {}

    [[nodiscard]] bool valid() const override { return at_ != entries_.end(); }
    [[nodiscard]] std::string_view key() const override { return at_->first; }
    [[nodiscard]] std::string_view value() const override { return at_->second; }
    void next() override { ++at_; }

private:
    contents entries_;
    contents::const_iterator at_;
};

[[nodiscard]] inline contents range_of(contents const& entries, std::string_view from, std::string_view to)
{
    auto const end = to.empty() ? entries.end() : entries.lower_bound(to);
    return to.empty() || from < to ? contents{entries.lower_bound(from), end} : contents{};
}

[[nodiscard]] inline contents all_of(std::unique_ptr<shard_cursor> const& cursor)
{
    auto found = contents{};
    for (; cursor->valid(); cursor->next())
    {
        BOOST_REQUIRE((found.empty() || found.rbegin()->first < cursor->key()));
        found.emplace(cursor->key(), cursor->value());
    }
    return found;
}

// What a store promises, in the simplest way.
class model_store : public shard_store
{
public:
    [[nodiscard]] std::optional<std::int64_t> next_offset() const override { return next_offset_; }
    [[nodiscard]] std::string changelog_identity() const override { return identity_; }

    void apply(std::span<shard_change const> changes, store_position up_to) override
    {
        if (fails)
            throw store_error{store_failure::unusable, "model: disk full"};
        BOOST_REQUIRE(std::ranges::is_sorted(changes, std::ranges::less{}, &shard_change::key));
        for (auto const& each : changes)
            if (each.value)
                entries.insert_or_assign(std::string{each.key}, *each.value);
            else
                entries.erase(std::string{each.key});
        next_offset_ = up_to.next_offset;
        ++applied;
    }

    [[nodiscard]] pinned_value get(std::string_view key) const override
    {
        ++reads;
        auto const found = entries.find(key);
        return found == entries.end() ? pinned_value{} : pinned_value{found->second, nullptr};
    }

    [[nodiscard]] std::unique_ptr<shard_cursor> scan(std::string_view from, std::string_view to) const override
    {
        return std::make_unique<model_cursor>(range_of(entries, from, to));
    }

    void clear(std::string_view changelog_identity) override
    {
        entries.clear();
        next_offset_.reset();
        identity_ = changelog_identity;
    }

    contents entries;
    int applied = 0;
    mutable int reads = 0;
    bool fails = false;

private:
    std::optional<std::int64_t> next_offset_;
    std::string identity_;
};

} // namespace paperboy::tables

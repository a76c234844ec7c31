#pragma once

#include <paperboy/shard_store.hpp>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::test
{

// Stores that stay, as on a disk, while this lives; with what became of them.
class kept_stores final : public shard_store_provider
{
public:
    struct content
    {
        std::map<std::string, std::string, std::less<>> entries;
        std::optional<std::int64_t> next_offset;
        std::string identity;
        std::optional<std::chrono::system_clock::time_point> as_of;
        bool open = false;
        int opened = 0;
        int applied = 0;
        int cleared = 0;
        // Set by tests: what the next calls of apply find.
        std::optional<store_failure> fails;
        // Set by tests: what the next calls of get find.
        std::optional<store_failure> get_fails;
        // Set by tests: what open waits for, and what apply does; how many of that are waiting.
        std::shared_future<void> gate;
        std::shared_future<void> apply_gate;
        int at_apply_gate = 0;
        // Set by tests: whether checkpoints may be written on another thread.
        bool concurrent = true;
    };
    using key = std::pair<std::string, std::int32_t>;

    [[nodiscard]] std::unique_ptr<shard_store> open(std::string_view table, std::int32_t partition) override
    {
        auto lock = std::unique_lock{shared_->guard};
        auto& kept = shared_->contents[{std::string{table}, partition}];
        if (auto const gate = kept.gate; gate.valid())
        {
            lock.unlock();
            gate.wait();
            lock.lock();
        }
        if (kept.open)
            throw store_error{store_failure::in_use, "the store is open already"};
        kept.open = true;
        ++kept.opened;
        return std::make_unique<store>(shared_, kept);
    }

    [[nodiscard]] std::string place() const override { return "the test's memory"; }

    [[nodiscard]] content of(std::string const& table, std::int32_t partition) const
    {
        auto const lock = std::scoped_lock{shared_->guard};
        return shared_->contents[{table, partition}];
    }

    template <class Change>
    void change(std::string const& table, std::int32_t partition, Change change)
    {
        auto const lock = std::scoped_lock{shared_->guard};
        change(shared_->contents[{table, partition}]);
    }

private:
    struct shared
    {
        std::mutex guard;
        std::map<key, content> contents;
    };

    class cursor final : public shard_cursor
    {
    public:
        explicit cursor(std::map<std::string, std::string> entries) : entries_{std::move(entries)} {}
        [[nodiscard]] bool valid() const override { return at_ != entries_.end(); }
        [[nodiscard]] std::string_view key() const override { return at_->first; }
        [[nodiscard]] std::string_view value() const override { return at_->second; }
        void next() override { ++at_; }

    private:
        std::map<std::string, std::string> entries_;
        std::map<std::string, std::string>::const_iterator at_ = entries_.begin();
    };

    class store final : public shard_store
    {
    public:
        store(std::shared_ptr<shared> of, content& kept) : shared_{std::move(of)}, kept_{kept} {}
        store(store const&) = delete;
        store& operator=(store const&) = delete;
        ~store() override
        {
            auto const lock = std::scoped_lock{shared_->guard};
            kept_.open = false;
        }

        [[nodiscard]] std::optional<std::int64_t> next_offset() const override
        {
            auto const lock = std::scoped_lock{shared_->guard};
            return kept_.next_offset;
        }
        [[nodiscard]] std::string changelog_identity() const override
        {
            auto const lock = std::scoped_lock{shared_->guard};
            return kept_.identity;
        }
        [[nodiscard]] std::optional<std::chrono::system_clock::time_point> as_of() const override
        {
            auto const lock = std::scoped_lock{shared_->guard};
            return kept_.as_of;
        }
        [[nodiscard]] bool concurrent() const noexcept override { return kept_.concurrent; }
        void apply(std::span<shard_change const> changes, store_position up_to) override
        {
            auto lock = std::unique_lock{shared_->guard};
            if (auto const gate = kept_.apply_gate; gate.valid())
            {
                ++kept_.at_apply_gate;
                lock.unlock();
                gate.wait();
                lock.lock();
                --kept_.at_apply_gate;
            }
            if (kept_.fails)
                throw store_error{*kept_.fails, "the store was told to fail"};
            for (auto const& each : changes)
            {
                if (each.value)
                    kept_.entries.insert_or_assign(std::string{each.key}, std::string{*each.value});
                else if (auto const found = kept_.entries.find(each.key); found != kept_.entries.end())
                    kept_.entries.erase(found);
            }
            kept_.next_offset = up_to.next_offset;
            kept_.as_of = up_to.as_of;
            ++kept_.applied;
        }
        [[nodiscard]] pinned_value get(std::string_view key) const override
        {
            auto const lock = std::scoped_lock{shared_->guard};
            if (kept_.get_fails)
                throw store_error{*kept_.get_fails, "the store was told to fail"};
            auto const found = kept_.entries.find(key);
            if (found == kept_.entries.end())
                return {};
            auto bytes = std::make_shared<std::string>(found->second);
            auto const view = std::string_view{*bytes};
            return {view, std::move(bytes)};
        }
        [[nodiscard]] std::unique_ptr<shard_cursor> scan(std::string_view from, std::string_view to) const override
        {
            auto const lock = std::scoped_lock{shared_->guard};
            auto part = std::map<std::string, std::string>{};
            for (auto const& [key, value] : kept_.entries)
                if (key >= from && (to.empty() || key < to))
                    part.emplace(key, value);
            return std::make_unique<cursor>(std::move(part));
        }
        void changelog_is(std::string_view identity) override
        {
            auto const lock = std::scoped_lock{shared_->guard};
            kept_.identity = identity;
        }
        void clear(std::string_view identity) override
        {
            auto const lock = std::scoped_lock{shared_->guard};
            kept_.entries.clear();
            kept_.next_offset.reset();
            kept_.identity = identity;
            ++kept_.cleared;
        }

    private:
        std::shared_ptr<shared> shared_;
        content& kept_;
    };

    std::shared_ptr<shared> shared_ = std::make_shared<shared>();
};

} // namespace paperboy::test

#pragma once

#include <paperboy/topic_partition.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::pipeline
{

// Shows to another thread whether hooks are running, and how far they have got: written by one strand with plain
// stores, without a clock. How long they have been running is found out by looking again.
class hook_stand
{
public:
    // `position`: what a pass over records publishes as it finishes them.
    explicit hook_stand(std::atomic<std::int64_t> const& position) : position_{position} {}

    // A pass over records begins with this offset.
    void enter(std::int64_t first) noexcept
    {
        first_.store(first, std::memory_order_relaxed);
        passes_.store(passes_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    void leave() noexcept { passes_.store(passes_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

    struct view
    {
        // Odd while hooks run.
        std::uint64_t passes = 0;
        // The record that is in its hooks; with compacted topics, or in bulk, possibly a later one.
        std::int64_t offset = -1;

        friend bool operator==(view const&, view const&) = default;
    };

    // From any thread.
    [[nodiscard]] view look() const noexcept
    {
        auto seen = view{};
        seen.passes = passes_.load(std::memory_order_acquire);
        seen.offset = std::max(first_.load(std::memory_order_relaxed), position_.load(std::memory_order_relaxed));
        return seen;
    }

private:
    std::atomic<std::int64_t> const& position_;
    std::atomic<std::int64_t> first_{-1};
    std::atomic<std::uint64_t> passes_{0};
};

// While it lives, hooks run; nobody may be watching.
class hook_pass
{
public:
    hook_pass(hook_stand* stand, std::int64_t first) noexcept : stand_{stand}
    {
        if (stand_ != nullptr)
            stand_->enter(first);
    }
    hook_pass(hook_pass const&) = delete;
    hook_pass& operator=(hook_pass const&) = delete;
    ~hook_pass()
    {
        if (stand_ != nullptr)
            stand_->leave();
    }

private:
    hook_stand* stand_;
};

// The stands of one partition's pipeline: one for itself and one for each of its lanes. A thread that looks at them
// while the pipeline goes away must not keep it alive, so the pipeline takes them down first.
class partition_watch
{
public:
    partition_watch(topic_partition where, std::string handler) : where_{std::move(where)}, handler_{std::move(handler)}
    {
    }

    [[nodiscard]] topic_partition const& where() const noexcept { return where_; }
    // The topic or expression that the handler was registered with.
    [[nodiscard]] std::string const& handler() const noexcept { return handler_; }

    [[nodiscard]] hook_stand& add(std::atomic<std::int64_t> const& position)
    {
        auto const lock = std::scoped_lock{guard_};
        return stands_.emplace_back(position);
    }
    void take_down()
    {
        auto const lock = std::scoped_lock{guard_};
        down_ = true;
    }

    // Whether the pipeline is gone: none of its hooks runs or will run.
    [[nodiscard]] bool down() const
    {
        auto const lock = std::scoped_lock{guard_};
        return down_;
    }

    // What each stand shows, in the order in which they were added; nothing when they are taken down.
    [[nodiscard]] std::vector<hook_stand::view> look() const
    {
        auto const lock = std::scoped_lock{guard_};
        auto all = std::vector<hook_stand::view>{};
        if (!down_)
            for (auto const& each : stands_)
                all.push_back(each.look());
        return all;
    }

    // What was found by looking: for how long the oldest hooks have been running, and whether that is too long. Shown
    // to whoever asks, without the lock.
    void show(std::optional<std::chrono::milliseconds> running_for, bool stuck) noexcept
    {
        running_ms_.store(running_for ? running_for->count() : -1, std::memory_order_relaxed);
        stuck_.store(stuck, std::memory_order_relaxed);
    }
    [[nodiscard]] std::optional<std::chrono::milliseconds> running_for() const noexcept
    {
        auto const ms = running_ms_.load(std::memory_order_relaxed);
        return ms < 0 ? std::nullopt : std::optional{std::chrono::milliseconds{ms}};
    }
    [[nodiscard]] bool stuck() const noexcept { return stuck_.load(std::memory_order_relaxed); }

    // The partition is not ours any more, whatever its hooks still do.
    void outlive() noexcept { outlives_.store(true, std::memory_order_relaxed); }
    [[nodiscard]] bool outlives() const noexcept { return outlives_.load(std::memory_order_relaxed); }

private:
    topic_partition const where_;
    std::string const handler_;
    mutable std::mutex guard_;
    std::deque<hook_stand> stands_;
    bool down_ = false;
    std::atomic<std::int64_t> running_ms_{-1};
    std::atomic<bool> stuck_{false};
    std::atomic<bool> outlives_{false};
};

} // namespace paperboy::pipeline

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace paperboy::test
{

// How long a test waits for something that must happen; far longer than it takes.
inline constexpr auto patience = std::chrono::seconds{120};

// A value that threads change and a test waits for.
template <class T>
class watched
{
public:
    watched() = default;
    explicit watched(T initial) : value_{std::move(initial)} {}

    // Notifies under the lock: whoever waits may destroy this object as soon as it has seen the change.
    template <class F>
    void update(F change)
    {
        auto const lock = std::scoped_lock{guard_};
        change(value_);
        changed_.notify_all();
    }

    // Whether the value fulfils `condition` now or before the deadline.
    template <class P>
    [[nodiscard]] bool wait_until(P condition, std::chrono::milliseconds deadline = patience) const
    {
        auto lock = std::unique_lock{guard_};
        return changed_.wait_for(lock, deadline, [&] { return condition(value_); });
    }

    [[nodiscard]] T get() const
    {
        auto const lock = std::scoped_lock{guard_};
        return value_;
    }

private:
    mutable std::mutex guard_;
    mutable std::condition_variable changed_;
    T value_{};
};

} // namespace paperboy::test

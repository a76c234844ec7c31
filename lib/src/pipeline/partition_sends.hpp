#pragma once

#include "pipeline/ack_gate.hpp"

#include <paperboy/detail/send_ledger.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>

namespace paperboy::pipeline
{

// What the hooks of one partition have sent. The fetched blocks share it, so it may outlive its pipeline: what is
// acknowledged after that changes nothing.
class partition_sends final : public detail::send_ledger
{
public:
    // `changed` is called when is_congested() has changed; from any thread.
    void attach(std::function<void()> changed)
    {
        auto const lock = std::scoped_lock{guard_};
        changed_ = std::move(changed);
    }

    // Whether what was sent waits for room.
    [[nodiscard]] bool is_congested() const noexcept { return congested_.load(); }

    [[nodiscard]] ack_gate const& gate() const noexcept { return gate_; }

    void sending(std::int64_t offset) override { gate_.hold(offset); }
    void acknowledged(std::int64_t offset) override { gate_.acknowledge(offset); }
    void failed(std::int64_t offset) override { gate_.fail(offset); }
    void congested() override { tell(true); }
    void relieved() override { tell(false); }

private:
    void tell(bool congested)
    {
        auto const lock = std::scoped_lock{guard_};
        congested_.store(congested);
        if (changed_)
            changed_();
    }

    ack_gate gate_;
    std::mutex guard_;
    std::function<void()> changed_;
    std::atomic<bool> congested_{false};
};

} // namespace paperboy::pipeline

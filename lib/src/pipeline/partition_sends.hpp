#pragma once

#include "pipeline/ack_gate.hpp"

#include <paperboy/detail/send_ledger.hpp>

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
    // `congest` is told whether what was sent waits for room; from any thread.
    void attach(std::function<void(bool)> congest)
    {
        auto const lock = std::scoped_lock{guard_};
        congest_ = std::move(congest);
    }

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
        if (congest_)
            congest_(congested);
    }

    ack_gate gate_;
    std::mutex guard_;
    std::function<void(bool)> congest_;
};

} // namespace paperboy::pipeline

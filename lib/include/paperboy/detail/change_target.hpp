#pragma once

#include <paperboy/detail/outgoing.hpp>
#include <paperboy/detail/send_ledger.hpp>

#include <cstdint>
#include <memory>

namespace paperboy::detail
{

// Told where the changes of a shard are in its changelog; by one strand, in any order.
class change_sink
{
public:
    change_sink() = default;
    change_sink(change_sink const&) = delete;
    change_sink& operator=(change_sink const&) = delete;

    virtual void acknowledged(std::uint64_t number, std::int64_t offset) = 0;

    // Those that were told are all for now.
    virtual void told() = 0;

protected:
    ~change_sink() = default;
};

// A change of a table on its way to its changelog.
struct change_ticket
{
    // Told already that something is sent for `cause`. Keeps the sink alive, by its shards.
    std::shared_ptr<send_ledger> ledger;
    std::int64_t cause = -1;
    change_sink* sink = nullptr;
    std::uint64_t number = 0;
    // May be null.
    std::shared_ptr<send_completion> completion;
};

// What shards hand their changes to: an engine's producer, or a test's.
class change_target
{
public:
    change_target() = default;
    change_target(change_target const&) = delete;
    change_target& operator=(change_target const&) = delete;

    virtual void send(outgoing_view const& what, change_ticket ticket) = 0;

    // The partition of this sink is not ours any more: what waits on its behalf is not sent. Safe from any thread.
    virtual void forget(change_sink const& sink) = 0;

protected:
    ~change_target() = default;
};

} // namespace paperboy::detail

#pragma once

#include <paperboy/detail/outgoing.hpp>
#include <paperboy/detail/send_ledger.hpp>
#include <paperboy/shard_store.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace paperboy::detail
{

// Told where the changes of a shard are in its changelog; by one strand, in any order.
class change_sink
{
public:
    change_sink() = default;
    change_sink(change_sink const&) = delete;
    change_sink& operator=(change_sink const&) = delete;

    // A run of changes is in the changelog, by its first number and its size; the last of them at `offset`.
    virtual void acknowledged(std::uint64_t first, std::size_t count, std::int64_t offset) = 0;

    // Those that were told are all for now.
    virtual void told() = 0;

    // Nothing of it is sent any more. The target's, under its lock: see change_target::forget.
    bool forgotten = false;

protected:
    ~change_sink() = default;
};

// Changes of a shard that go to its changelog together. What is said of them is said of all: one acknowledgement, when
// the last of them has come, and one offset that waits for it, the lowest of their causes.
struct change_run
{
    // An acknowledgement costs the same for one as for so many.
    static constexpr std::size_t most = 128;

    // The changelog, as the target numbers it.
    std::size_t topic = 0;
    std::int32_t partition = 0;
    // In the order of their numbers, at least one and at most so many; borrowed from whoever sends them.
    std::span<shard_change const> changes;
    // Of each, the offset that it was made for; as many as there are changes, or none where there is no ledger.
    std::span<std::int64_t const> causes;
    // Told already that something is sent for `held`, once. Keeps the sink alive, by its shards. May be null.
    std::shared_ptr<send_ledger> ledger;
    std::int64_t held = -1;
    change_sink* sink = nullptr;
    // Of the first.
    std::uint64_t number = 0;
    // Of a run of one; may be null.
    std::shared_ptr<send_completion> completion;
};

// What shards hand their changes to: an engine's producer, or a test's.
class change_target
{
public:
    change_target() = default;
    change_target(change_target const&) = delete;
    change_target& operator=(change_target const&) = delete;

    virtual void send(change_run run) = 0;

    // The partition of this sink is not ours any more: what waits on its behalf is not sent, nor is what comes later.
    // Safe from any thread.
    virtual void forget(change_sink& sink) = 0;

protected:
    ~change_target() = default;
};

} // namespace paperboy::detail

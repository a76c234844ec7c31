#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace paperboy::detail
{

class shard_core;

// Keeps the accounts of what the hooks of one partition have sent, and the shards of tables that go with it. Safe from
// any thread, but for the shards.
class send_ledger
{
public:
    send_ledger() = default;
    send_ledger(send_ledger const&) = delete;
    send_ledger& operator=(send_ledger const&) = delete;
    virtual ~send_ledger() = default;

    // A record is sent on behalf of the one at `offset`, which may not be committed until acknowledged() tells of it.
    virtual void sending(std::int64_t offset) = 0;

    // One of the records sent on behalf of `offset` is acknowledged.
    virtual void acknowledged(std::int64_t offset) = 0;

    // One of them never will be: `offset` is not committed by this assignment.
    virtual void failed(std::int64_t offset) = 0;

    // What was sent waits for room: no more records are to be taken until relieved().
    virtual void congested() = 0;
    virtual void relieved() = 0;

    // By their tables' numbers; given before any hook runs.
    void keep_shards(std::vector<std::shared_ptr<shard_core>> shards) noexcept { shards_ = std::move(shards); }
    [[nodiscard]] shard_core* shard(std::size_t table) const noexcept
    {
        return table < shards_.size() ? shards_[table].get() : nullptr;
    }
    [[nodiscard]] std::vector<std::shared_ptr<shard_core>> const& shards() const noexcept { return shards_; }

private:
    std::vector<std::shared_ptr<shard_core>> shards_;
};

} // namespace paperboy::detail

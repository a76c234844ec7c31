#pragma once

#include <cstdint>

namespace paperboy::detail
{

// Keeps the accounts of what the hooks of one partition have sent. Safe from any thread.
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
};

} // namespace paperboy::detail

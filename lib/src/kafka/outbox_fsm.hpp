#pragma once

#include <cstddef>

namespace paperboy::kafka
{

// How a record goes on its way.
enum class send_action
{
    // Give it to librdkafka; tell accepted() or full().
    produce,
    // Behind those that wait already, or until there is a client.
    wait,
    // It cannot be sent: there is no client.
    refuse,
};

// What becomes of a record that librdkafka has no room for.
enum class full_action
{
    // It waits for the reports of others to make room.
    wait,
    // Nothing is on its way that could make room: it is too large for the queue.
    fail,
};

// What becomes of the client next.
enum class client_action
{
    // Nothing now.
    none,
    // Take back everything that is not acknowledged; tell reported() for each.
    purge,
    // Replace the client, and produce again what was taken back, in its order; tell replaced().
    replace,
    // The new client failed like the old one, with nothing acknowledged in between: all that is sent fails.
    give_up,
};

// Decides how records are sent over the life of a client that may fail for good, or have records that must not arrive
// any more, and is replaced then.
class outbox_fsm
{
public:
    outbox_fsm() = default;

    // The client is made when something is sent.
    void opens_when_needed() noexcept { *this = outbox_fsm{state::idle}; }
    void opened() noexcept { *this = outbox_fsm{state::open}; }
    void closed() noexcept { *this = outbox_fsm{state::closed}; }

    // `others_wait`: records that were sent before wait.
    [[nodiscard]] send_action send(bool others_wait) const noexcept
    {
        switch (state_)
        {
        case state::open:
            return others_wait ? send_action::wait : send_action::produce;
        case state::idle:
        case state::purging:
            return send_action::wait;
        case state::closed:
        case state::given_up:
            break;
        }
        return send_action::refuse;
    }

    // librdkafka took a record; it will report on it.
    void accepted() noexcept { ++in_flight_; }

    // librdkafka had no room for a record.
    [[nodiscard]] full_action full() const noexcept { return in_flight_ > 0 ? full_action::wait : full_action::fail; }

    // What was accepted is reported: this many records, of which some were acknowledged.
    [[nodiscard]] client_action reported(std::size_t records, bool some_acknowledged) noexcept
    {
        in_flight_ -= records;
        progress_ = progress_ || some_acknowledged;
        return state_ == state::purging && in_flight_ == 0 ? client_action::replace : client_action::none;
    }

    // librdkafka has given the client up.
    [[nodiscard]] client_action fatal() noexcept
    {
        if (state_ != state::open)
            return client_action::none;
        state_ = progress_ ? state::purging : state::given_up;
        failed_ = true;
        return progress_ ? client_action::purge : client_action::give_up;
    }

    // Some of what is in flight must not arrive any more.
    [[nodiscard]] client_action withdrawn() noexcept
    {
        if (state_ != state::open)
            return client_action::none;
        state_ = state::purging;
        failed_ = false;
        return client_action::purge;
    }

    // A new client is there.
    void replaced() noexcept
    {
        state_ = state::open;
        progress_ = progress_ && !failed_;
    }

    // There is none, and will be none.
    void irreplaceable() noexcept { state_ = state::given_up; }

    [[nodiscard]] bool idle() const noexcept { return state_ == state::idle; }
    [[nodiscard]] bool open() const noexcept { return state_ == state::open; }
    [[nodiscard]] bool purging() const noexcept { return state_ == state::purging; }
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }

private:
    enum class state
    {
        closed,
        idle,
        open,
        purging,
        given_up,
    };

    explicit outbox_fsm(state first) noexcept : state_{first} {}

    state state_ = state::closed;
    bool progress_ = true;
    // Whether the client that is purged has failed.
    bool failed_ = false;
    std::size_t in_flight_ = 0;
};

} // namespace paperboy::kafka

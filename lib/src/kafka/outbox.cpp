#include "kafka/outbox.hpp"

#include "kafka/oauth.hpp"

#include <paperboy/record.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace paperboy::kafka
{
std::size_t outbox::topic_number(std::string_view topic)
{
    auto const lock = std::scoped_lock{guard_};
    auto const found = std::ranges::find(topics_, topic);
    auto const number = static_cast<std::size_t>(found - topics_.begin());
    if (found == topics_.end())
        topics_.emplace_back(topic);
    return number;
}

// ---- sending, from any thread

// Why an offset can never be committed before what was sent for it is acknowledged:
// 1. the hook sends: the ledger holds the offset, before anything else happens;
// 2. the hook ends: its record's end moves the partition's position past the offset (a release store);
// 3. whoever commits reads the position first and the ledger second. A position that includes the offset was stored
//    after 1, so the ledger read afterwards shows it held, or acknowledged. The other way round, a send and an end
//    between the two reads would be seen only by half.
void outbox::send(detail::outgoing_view const& what, record_view const& cause)
{
    auto const& ledger = cause.ledger();
    if (ledger)
        ledger->sending(cause.offset());
    auto lock = std::unique_lock{guard_};
    auto& ticket = take_ticket(what);
    ticket.ledger = ledger;
    ticket.cause = cause.offset();
    send_now(what, ticket);
    tell_completions(lock);
}

void outbox::send(detail::outgoing_view const& what, std::shared_ptr<detail::send_completion> completion)
{
    auto lock = std::unique_lock{guard_};
    if (refusing_)
    {
        lock.unlock();
        return completion->complete(errc::not_running, {});
    }
    auto& ticket = take_ticket(what);
    ticket.completion = std::move(completion);
    send_now(what, ticket);
    tell_completions(lock);
}

void outbox::send(detail::outgoing_view const& what, detail::change_ticket change)
{
    auto lock = std::unique_lock{guard_};
    auto& ticket = take_ticket(what);
    ticket.ledger = std::move(change.ledger);
    ticket.cause = change.cause;
    ticket.completion = std::move(change.completion);
    ticket.sink = change.sink;
    ticket.change = change.number;
    send_now(what, ticket);
    tell_completions(lock);
}

// The next owner may be writing the same changelog by now. What librdkafka has already goes out, since it can only be
// purged as a whole; that is little, and soon. Unless its client fails:
// 1. the client has failed for good, and has not reported yet what it did not deliver;
// 2. the partition is given up;
// 3. the reports come, and the next client would produce again what the next owner has gone past: so it is dropped.
void outbox::forget(detail::change_sink const& sink)
{
    auto lock = std::unique_lock{guard_};
    auto const forgotten = [&](waiting_record const& each)
    {
        if (each.ticket->sink != &sink)
            return false;
        drop(*each.ticket);
        return true;
    };
    auto const some = std::erase_if(waiting_, forgotten) + std::erase_if(taken_back_, forgotten) > 0;
    for (auto& each : tickets_)
        each.forgotten = each.forgotten || (each.used && each.sink == &sink);
    // Those who wait because of these may go on.
    if (some && wake_)
        wake_();
    tell_completions(lock);
}

void outbox::send_now(detail::outgoing_view const& what, delivery& ticket)
{
    ++stats_.records;
    stats_.bytes += ticket.bytes;
    if (timed_ == nullptr)
    {
        timed_ = &ticket;
        timed_since_ = std::chrono::steady_clock::now();
    }
    switch (fsm_.send(!waiting_.empty()))
    {
    case send_action::refuse:
        return fail(ticket, errc::not_running);
    case send_action::wait:
        return let_wait(what, ticket);
    case send_action::produce:
        break;
    }
    auto must_wait = false;
    auto const error = try_to_produce(what, ticket, must_wait);
    if (must_wait)
        let_wait(what, ticket);
    else if (error)
        refused(what, ticket, error);
}

// What a client that has failed for good refuses waits for the next client.
error_code outbox::try_to_produce(detail::outgoing_view const& what, delivery& ticket, bool& must_wait)
{
    auto const error = producer_->produce(what, topics_, &ticket);
    if (!error)
        fsm_.accepted();
    else if (is_queue_full(error))
        must_wait = fsm_.full() == full_action::wait;
    else if (producer_->fatal())
    {
        must_wait = true;
        wake_();
    }
    return error;
}

void outbox::let_wait(detail::outgoing_view const& what, delivery& ticket)
{
    waiting_.push_back({detail::outgoing{what}, &ticket});
    congest(ticket.ledger);
    if (fsm_.idle())
        wake_();
}

void outbox::congest(std::shared_ptr<detail::send_ledger> const& ledger)
{
    if (!ledger || std::ranges::find(congested_, ledger) != congested_.end())
        return;
    congested_.push_back(ledger);
    ledger->congested();
}

void outbox::fail(delivery& ticket, error_code error)
{
    ++stats_.failed;
    if (ticket.ledger)
        ticket.ledger->failed(ticket.cause);
    failures_.push_back({topics_[ticket.topic], ticket.bytes, error, ticket.ledger != nullptr});
    complete_later(ticket, error, {});
    give_back(ticket);
    if (wake_)
        wake_();
}

outbox::delivery& outbox::take_ticket(detail::outgoing_view const& what)
{
    if (unused_.empty())
    {
        tickets_.emplace_back();
        unused_.push_back(&tickets_.back());
    }
    auto& ticket = *unused_.back();
    unused_.pop_back();
    ticket.number = next_number_++;
    ticket.topic = what.topic;
    ticket.bytes = what.bytes();
    ticket.source = no_letter;
    ticket.used = true;
    ticket.forgotten = false;
    return ticket;
}

std::string outbox::set_token(oauth_token const& token)
{
    auto const lock = std::scoped_lock{guard_};
    return producer_ ? kafka::set_token(producer_->get(), token) : std::string{};
}

void outbox::give_back(delivery& ticket) noexcept
{
    ticket.ledger.reset();
    ticket.completion.reset();
    ticket.sink = nullptr;
    ticket.used = false;
    if (timed_ == &ticket)
        timed_ = nullptr;
    unused_.push_back(&ticket);
}

void outbox::drop(delivery& ticket)
{
    complete_later(ticket, make_error_code(boost::asio::error::operation_aborted), {});
    give_back(ticket);
}

void outbox::complete_later(delivery& ticket, error_code result, produced const& where)
{
    if (ticket.completion)
        completions_.push_back({std::move(ticket.completion), result, where});
}

// Without the lock: a completion may end with a handler's destruction, and that may send.
void outbox::tell_completions(std::unique_lock<std::mutex>& lock)
{
    if (completions_.empty())
        return;
    auto const calls = std::exchange(completions_, {});
    lock.unlock();
    for (auto const& each : calls)
        each.completion->complete(each.result, each.where);
}

} // namespace paperboy::kafka

#include "kafka/outbox.hpp"

#include "kafka/kafka_error.hpp"
#include "kafka/oauth.hpp"
#include "kafka/produce_call.hpp"

#include <paperboy/record.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <span>
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
    auto& ticket = take_ticket(what.topic);
    ticket.ledger = ledger;
    ticket.held = cause.offset();
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
    auto& ticket = take_ticket(what.topic);
    ticket.completion = std::move(completion);
    send_now(what, ticket);
    tell_completions(lock);
}

void outbox::send(detail::change_run run)
{
    auto lock = std::unique_lock{guard_};
    auto& ticket = take_ticket(run.topic, run.changes.size());
    ticket.ledger = std::move(run.ledger);
    ticket.held = run.held;
    ticket.completion = std::move(run.completion);
    ticket.sink = run.sink;
    ticket.change = run.number;
    if (ticket.ledger)
        ticket.causes.assign(run.causes.begin(), run.causes.end());
    if (ticket.sink != nullptr && ticket.sink->forgotten)
        drop_run(ticket, run.changes.size());
    else
        produce_run(run, ticket);
    tell_completions(lock);
}

// The next owner may be writing the same changelog by now, and what we write behind it would take its place:
// 1. the changelog's leader is away, and librdkafka keeps a change, or tries again to send it;
// 2. the partition is given up; the next owner finds the changelog without it, and writes a newer one of that key;
// 3. librdkafka gets through: the older change is the last now, and whoever restores gets another table than the next
//    owner has shown.
// So nothing may be left in librdkafka, which can only be purged as a whole: its client is replaced as one that failed
// (see replace()), and the next one gets what is of other partitions. The purge is on its way when forget() returns,
// before the partition is given back; the brokers' threads do it before they send anything else. What is left is a
// request that the leader has got, or the network still has, and that it has not worked off yet.
//
// The client may have failed before that:
// 1. it has not reported yet what it did not deliver;
// 2. the partition is given up;
// 3. the reports come, and the next client would produce again what the next owner has gone past: so it is dropped.
//
// A hook that blocks its thread, and with it the strand of its partition, may go on to change the table for as long as
// it likes, and nobody can tell it: what it sends from now on is dropped here.
void outbox::forget(detail::change_sink& sink)
{
    auto lock = std::unique_lock{guard_};
    sink.forgotten = true;
    auto const forgotten = [&](waiting_record const& each)
    {
        if (each.of.ticket->sink != &sink)
            return false;
        drop(each.of);
        return true;
    };
    auto const some = std::erase_if(waiting_, forgotten) + std::erase_if(taken_back_, forgotten) > 0;
    auto in_client = false;
    for (auto& each : tickets_)
        if (each.used && each.sink == &sink)
            in_client = each.forgotten = true;
    if (in_client && fsm_.withdrawn() == client_action::purge)
        producer_->purge();
    // Those who wait because of these may go on.
    if ((some || in_client) && wake_)
        wake_();
    tell_completions(lock);
}

void outbox::send_now(detail::outgoing_view const& what, delivery& ticket)
{
    ++stats_.records;
    stats_.bytes += what.bytes();
    time_if_none_is(ticket);
    auto const of = place{&ticket, 0};
    switch (fsm_.send(!waiting_.empty()))
    {
    case send_action::refuse:
        return fail(of, what.bytes(), errc::not_running);
    case send_action::wait:
        return let_wait(what, of);
    case send_action::produce:
        break;
    }
    auto must_wait = false;
    auto const error = try_to_produce(what, of, must_wait);
    if (must_wait)
        let_wait(what, of);
    else if (error)
        refused(what, of, error);
}

void outbox::time_if_none_is(delivery const& ticket)
{
    if (timed_ != nullptr)
        return;
    timed_ = &ticket;
    timed_since_ = std::chrono::steady_clock::now();
}

error_code outbox::try_to_produce(detail::outgoing_view const& what, place of, bool& must_wait)
{
    auto const error = producer_->produce(what, topics_, of.pack());
    if (!error)
        fsm_.accepted();
    else
        must_wait = this->must_wait(error);
    return error;
}

// What a client that has failed for good refuses waits for the next client.
bool outbox::must_wait(error_code error)
{
    if (is_queue_full(error))
        return fsm_.full() == full_action::wait;
    if (!producer_->fatal())
        return false;
    wake_();
    return true;
}

// ---- changes of tables

void outbox::produce_run(detail::change_run const& run, delivery& ticket)
{
    fill_batch(run, ticket);
    auto const size_of = [](rd_kafka_message_t const& of) { return of.len + of.key_len; };
    stats_.records += batch_.size();
    for (auto const& each : batch_)
        stats_.bytes += size_of(each);
    time_if_none_is(ticket);
    auto const action = fsm_.send(!waiting_.empty());
    auto at = std::size_t{0};
    while (at < batch_.size())
    {
        auto const rest = std::span{batch_}.subspan(at);
        if (action == send_action::produce)
            producer_->produce(run.topic, run.partition, rest, topics_);
        // Where the queue was full librdkafka has not tried those behind it. Behind one that is too large it has, so
        // each is looked at: what librdkafka has taken must not wait as well, even if the client fails in between.
        for (auto full = false; at < batch_.size() && !full; ++at)
        {
            auto const of = place{&ticket, at};
            auto const error =
                action == send_action::refuse ? make_error_code(errc::not_running) : make_code(batch_[at].err);
            if (action == send_action::wait || (action == send_action::produce && error && must_wait(error)))
                let_wait(run, of);
            else if (!error)
                fsm_.accepted();
            else
            {
                full = is_queue_full(error);
                fail(of, size_of(batch_[at]), error);
            }
        }
    }
}

void outbox::fill_batch(detail::change_run const& run, delivery& ticket)
{
    batch_.resize(run.changes.size());
    for (std::size_t i = 0; i < batch_.size(); ++i)
    {
        auto const& [key, value] = run.changes[i];
        batch_[i] = as_message(key, value);
        batch_[i]._private = place{&ticket, i}.pack();
    }
}

void outbox::let_wait(detail::change_run const& run, place of)
{
    auto const& change = run.changes[of.at];
    auto what = detail::outgoing_view{};
    what.topic = run.topic;
    what.partition = run.partition;
    what.key = change.key;
    what.value = change.value;
    let_wait(what, of);
}

void outbox::let_wait(detail::outgoing_view const& what, place of)
{
    waiting_.push_back({detail::outgoing{what}, of});
    congest(of.ticket->ledger);
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

// ---- what becomes of records

void* outbox::place::pack() const noexcept
{
    return reinterpret_cast<char*>(ticket) + at;
}

outbox::place outbox::place::unpack(void* packed) noexcept
{
    auto const at = reinterpret_cast<std::uintptr_t>(packed) % alignof(delivery);
    return {reinterpret_cast<delivery*>(static_cast<char*>(packed) - at), at};
}

void outbox::fail(place of, std::size_t bytes, error_code error)
{
    auto& ticket = *of.ticket;
    ++stats_.failed;
    if (wake_) // else nobody is there to be told, and they would pile up
        failures_.push_back({topics_[ticket.topic], bytes, error, ticket.ledger != nullptr});
    complete_later(ticket, error, {});
    // Of those that failed, the one that the lowest offset waits for counts.
    auto const cause = ticket.causes.empty() ? ticket.held : ticket.causes[of.at];
    ticket.lowest_failed = ticket.failed ? std::min(ticket.lowest_failed, cause) : cause;
    ticket.failed = true;
    close(ticket, 1);
    if (wake_)
        wake_();
}

void outbox::drop(place of)
{
    complete_later(*of.ticket, make_error_code(boost::asio::error::operation_aborted), {});
    of.ticket->dropped = true;
    close(*of.ticket, 1);
}

void outbox::drop_run(delivery& ticket, std::size_t changes)
{
    for (auto i = std::size_t{0}; i < changes; ++i)
        drop({&ticket, i});
}

// It is known what became of so many of its records. An offset that waits for one waits for all, whatever became of the
// others:
// 1. a change of record 10 is on its way, one of record 12 fails; both are in a run that holds 10;
// 2. were 10 let go because 12 is all that may not be committed, 11 could be;
// 3. and the change of record 10 fails as well.
void outbox::close(delivery& ticket, std::size_t records)
{
    ticket.open = static_cast<std::uint8_t>(ticket.open - records);
    if (ticket.open > 0)
        return;
    if (ticket.ledger && ticket.failed)
        close_offset(*ticket.ledger, ticket.lowest_failed, ticket.held);
    else if (ticket.ledger && !ticket.dropped)
        ticket.ledger->acknowledged(ticket.held);
    give_back(ticket);
}

// Closes one offset for good where another was held, not behind it.
void outbox::close_offset(detail::send_ledger& ledger, std::int64_t offset, std::int64_t held)
{
    if (offset == held)
        return ledger.failed(held);
    ledger.sending(offset);
    ledger.failed(offset);
    ledger.acknowledged(held);
}

outbox::delivery& outbox::take_ticket(std::size_t topic, std::size_t records)
{
    if (unused_.empty())
    {
        tickets_.emplace_back();
        unused_.push_back(&tickets_.back());
    }
    auto& ticket = *unused_.back();
    unused_.pop_back();
    ticket.number = std::exchange(next_number_, next_number_ + records);
    ticket.topic = static_cast<std::uint32_t>(topic);
    ticket.records = static_cast<std::uint8_t>(records);
    ticket.open = ticket.records;
    ticket.used = true;
    return ticket;
}

std::string outbox::set_token(oauth_token const& token)
{
    auto const lock = std::scoped_lock{guard_};
    return producer_ ? kafka::set_token(producer_->get(), token) : std::string{};
}

void outbox::give_back(delivery& ticket) noexcept
{
    if (timed_ == &ticket)
        timed_ = nullptr;
    auto causes = std::move(ticket.causes);
    causes.clear();
    ticket = {};
    ticket.causes = std::move(causes);
    unused_.push_back(&ticket);
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

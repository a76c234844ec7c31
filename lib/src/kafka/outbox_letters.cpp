// The part of the outbox that deals with dead letters: they wait until it is known how many partitions their topic has.

#include "kafka/outbox.hpp"

#include "kafka/kafka_error.hpp"

#include <paperboy/record.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace paperboy::kafka
{
namespace
{

using clock = std::chrono::steady_clock;

} // namespace

void outbox::send_letter(detail::outgoing_view const& what, record_view const& cause)
{
    auto const& ledger = cause.ledger();
    if (ledger)
        ledger->sending(cause.offset());
    auto lock = std::unique_lock{guard_};
    auto& ticket = take_ticket(what.topic);
    ticket.ledger = ledger;
    ticket.held = cause.offset();
    ticket.source = what.partition;
    auto const partitions = letter_topics_.partitions(what.topic);
    if (partitions == 0 && fsm_.send(false) != send_action::refuse)
    {
        ++stats_.records;
        stats_.bytes += what.bytes();
        return wait_for_topic(detail::outgoing{what}, {&ticket, 0});
    }
    auto addressed = what;
    addressed.partition = partitions == 0 ? what.partition : what.partition % partitions;
    send_now(addressed, ticket);
    tell_completions(lock);
}

// A dead letter's topic may go while letters are on their way to it.
void outbox::refused(detail::outgoing_view const& what, place of, error_code error)
{
    if (of.ticket->source == no_letter || !is_missing(error))
        return fail(of, what.bytes(), error);
    letter_topics_.lost(of.ticket->topic, clock::now());
    wait_for_topic(detail::outgoing{what}, of);
}

void outbox::wait_for_topic(detail::outgoing what, place of)
{
    // Its way takes as long as nobody makes the topic: another record is timed.
    if (timed_ == of.ticket)
        timed_ = nullptr;
    letters_.push_back({std::move(what), of});
    letter_topics_.wanted(of.ticket->topic, clock::now());
    congest(of.ticket->ledger);
    wake_();
}

// Who has letters that wait for their topic takes no more records, whatever else has room.
void outbox::relieve_all()
{
    auto const waits = [this](auto const& ledger)
    { return std::ranges::any_of(letters_, [&](auto const& each) { return each.of.ticket->ledger == ledger; }); };
    auto const relieved = std::ranges::stable_partition(congested_, waits);
    for (auto const& each : relieved)
        each->relieved();
    congested_.erase(relieved.begin(), relieved.end());
}

// ---- the topics

std::optional<letter_question> outbox::to_ask() const
{
    auto const lock = std::scoped_lock{guard_};
    auto const topic = letter_topics_.to_ask(clock::now());
    if (!topic || !producer_ || !fsm_.open())
        return std::nullopt;
    return letter_question{*topic, topics_[*topic], producer_->client()};
}

std::optional<letter_topics::time_point> outbox::asks_next() const
{
    auto const lock = std::scoped_lock{guard_};
    return fsm_.open() ? letter_topics_.next() : std::nullopt;
}

letter_turn outbox::answered(std::size_t topic, topic_answer const& answer)
{
    auto lock = std::unique_lock{guard_};
    auto const now = clock::now();
    auto turn = letter_turn{letter_news::none, letters_for(topic)};
    if (!answer.error && answer.partitions > 0)
    {
        turn.news = letter_topics_.answered(topic, answer.partitions, now);
        address_letters(topic, answer.partitions);
    }
    else if (turn.letters == 0) // they were forgotten meanwhile
        letter_topics_.given_up(topic);
    else if (!answer.error || is_missing(answer.error))
        turn.news = letter_topics_.answered(topic, 0, now);
    else if (answer.error == condition::retriable)
        letter_topics_.unanswered(topic, now);
    else
        fail_letters(topic, answer.error);
    wake_();
    tell_completions(lock);
    return turn;
}

std::size_t outbox::letters_for(std::size_t topic) const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(letters_, [&](auto const& each) { return each.of.ticket->topic == topic; }));
}

// They go to the end of what waits, in their order; serve() produces them.
void outbox::address_letters(std::size_t topic, std::int32_t partitions)
{
    auto const theirs =
        std::ranges::stable_partition(letters_, [&](auto const& each) { return each.of.ticket->topic != topic; });
    std::ranges::sort(theirs, {}, [](waiting_record const& each) { return each.of.ticket->number; });
    for (auto& each : theirs)
        each.what.readdress(each.of.ticket->source % partitions);
    std::ranges::move(theirs, std::back_inserter(waiting_));
    letters_.erase(theirs.begin(), theirs.end());
}

// A partition that is given up does not wait for what nobody may ever make: the records come again, to its next owner.
std::size_t outbox::forget_letters(detail::send_ledger const& ledger)
{
    auto const lock = std::scoped_lock{guard_};
    auto const forgotten = [&](waiting_record const& each)
    {
        auto& ticket = *each.of.ticket;
        if (ticket.ledger.get() != &ledger || !letter_topics_.missing(ticket.topic))
            return false;
        ticket.failed = true;
        ticket.lowest_failed = ticket.held;
        close(ticket, 1);
        return true;
    };
    return std::erase_if(letters_, forgotten);
}

void outbox::fail_letters(std::size_t topic, error_code error)
{
    auto const theirs =
        std::ranges::stable_partition(letters_, [&](auto const& each) { return each.of.ticket->topic != topic; });
    for (auto const& each : theirs)
        fail(each.of, each.what.view().bytes(), error);
    letters_.erase(theirs.begin(), theirs.end());
    letter_topics_.given_up(topic);
}

} // namespace paperboy::kafka

// The part of the outbox that belongs to the run's strand: reports, waiting records, the client's life.

#include "kafka/outbox.hpp"

#include "kafka/kafka_error.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>

namespace paperboy::kafka
{
namespace
{

// Events served in one go before other work of the executor gets its turn; one may report thousands of records.
constexpr int events_per_turn = 20;

// Waiting records produced while the lock is held: a hook that sends waits no longer than that.
constexpr int records_per_lock = 200;

std::string remedy_for(error_code error)
{
    switch (static_cast<rd_kafka_resp_err_t>(error.category() == kafka_category() ? error.value() : 0))
    {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        return "; raise message.max.bytes in config::producer.properties, and max.message.bytes of the topic";
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        return "; it is larger than queue.buffering.max.kbytes in config::producer.properties";
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return "; create the topic, or correct the partition";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return "; give this user the right to write to it";
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
        return "; message.timeout.ms in config::producer.properties was over, 0 waits for ever";
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        return "; a compacted topic takes no record without a key";
    default:
        return "";
    }
}

} // namespace

std::string describe(send_failure const& failure)
{
    return "a record of " + std::to_string(failure.bytes) + " bytes for topic \"" + failure.topic +
           "\" could not be produced: " + failure.error.message() + remedy_for(failure.error);
}

void outbox::prepare(boost::asio::any_io_executor const& executor, conf_maker make_conf, std::function<void()> wake)
{
    auto const lock = std::scoped_lock{guard_};
    executor_ = executor;
    make_conf_ = std::move(make_conf);
    wake_ = std::move(wake);
    failures_.clear();
    letter_topics_ = {};
    refusing_ = false;
    fsm_.opens_when_needed();
}

bool outbox::wants_client() const
{
    auto const lock = std::scoped_lock{guard_};
    return fsm_.idle() && (!waiting_.empty() || !letters_.empty());
}

void outbox::open()
{
    auto const lock = std::scoped_lock{guard_};
    producer_.emplace(executor_, make_conf_());
    fsm_.opened();
}

void outbox::give_up()
{
    auto const lock = std::scoped_lock{guard_};
    fsm_.irreplaceable();
    fail_waiting();
}

outbox_turn outbox::serve()
{
    auto turn = outbox_turn{};
    auto served = 0;
    while (producer_ && served < events_per_turn)
    {
        auto event = producer_->poll(*this);
        if (!event)
            break;
        ++served;
        if (!std::holds_alternative<std::monostate>(*event))
            turn.events.push_back(std::move(*event));
    }
    turn.more = served == events_per_turn;
    turn.reported = reported_ > 0;
    settle_reports(turn);
    while (produce_some())
    {
    }
    auto lock = std::unique_lock{guard_};
    turn.failures = std::exchange(failures_, {});
    tell_completions(lock);
    return turn;
}

// Without the lock, but for errors: what is written of a ticket here is the strand's alone. What a client that is to be
// replaced did not deliver is taken back.
void outbox::on_delivery(delivery_report const& told)
{
    auto const of = place::unpack(told.ticket);
    auto& ticket = *of.ticket;
    ++reported_;
    if (!told.error) [[likely]]
    {
        if (ticket.acknowledged++ == 0)
            acknowledged_.push_back(&ticket);
        ticket.offset = std::max(ticket.offset, told.offset);
        ticket.unplaced = ticket.unplaced || told.offset < 0;
        ticket.partition = told.partition;
        return;
    }
    auto const lock = std::scoped_lock{guard_};
    auto const back = fsm_.purging() || (fsm_.open() && producer_->fatal());
    auto const gone = !back && ticket.source != no_letter && is_missing(told.error);
    if (back || gone)
        (back ? just_taken_back_ : topic_gone_).push_back({copy_of(told.message, ticket.topic), of});
    else
        failed_.push_back({of, told.message.len + told.message.key_len, told.error});
}

// Shards learn of it before anybody can commit what the changes were made for. One that is given up listens no more,
// and may be gone already: its changes keep it by their ledger, and those of a hook that has ended since may have none.
void outbox::tell_sinks()
{
    for (auto const* const ticket : acknowledged_)
    {
        auto* const sink = ticket->sink;
        if (sink == nullptr || ticket->forgotten || ticket->failed || ticket->dropped ||
            ticket->acknowledged < ticket->open)
            continue;
        sink->acknowledged(ticket->change, ticket->records, ticket->unplaced ? -1 : ticket->offset);
        if (std::ranges::find(sinks_told_, sink, [](auto const& each) { return each.first; }) == sinks_told_.end())
            sinks_told_.emplace_back(sink, ticket->ledger);
    }
    for (auto const& [sink, alive] : sinks_told_)
        sink->told();
    sinks_told_.clear();
}

void outbox::settle_reports(outbox_turn& turn)
{
    auto const lock = std::scoped_lock{guard_};
    auto acknowledged = std::size_t{0};
    for (auto const& [of, bytes, error] : std::exchange(failed_, {}))
        fail(of, bytes, error);
    tell_sinks();
    for (auto* const ticket : acknowledged_)
    {
        auto const records = std::exchange(ticket->acknowledged, std::uint8_t{0});
        acknowledged += records;
        if (ticket == timed_)
        {
            stats_.latencies.add(std::chrono::steady_clock::now() - timed_since_);
            timed_ = nullptr;
        }
        complete_later(*ticket, {}, {ticket->partition, ticket->offset});
        close(*ticket, records);
    }
    acknowledged_.clear();
    stats_.acknowledged += acknowledged;
    for (auto& each : std::exchange(just_taken_back_, {}))
        each.of.ticket->forgotten ? drop(each.of) : taken_back_.push_back(std::move(each));
    for (auto& each : std::exchange(topic_gone_, {}))
        refused(each.what.view(), each.of, make_code(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC));
    act(fsm_.reported(std::exchange(reported_, 0), acknowledged > 0), turn);
    if (fsm_.open() && producer_->fatal())
        act(fsm_.fatal(), turn);
}

// True when there may be more to produce.
bool outbox::produce_some()
{
    auto const lock = std::scoped_lock{guard_};
    for (auto i = 0; i < records_per_lock && fsm_.open() && !waiting_.empty(); ++i)
    {
        auto const& next = waiting_.front();
        auto must_wait = false;
        auto const error = try_to_produce(next.what.view(), next.of, must_wait);
        if (must_wait)
            return false;
        if (error)
            refused(next.what.view(), next.of, error);
        waiting_.pop_front();
    }
    if (!waiting_.empty())
        return fsm_.open();
    relieve_all();
    return false;
}

// ---- the client's life

void outbox::act(client_action action, outbox_turn& turn)
{
    switch (action)
    {
    case client_action::none:
        return;
    case client_action::purge:
        producer_->purge();
        return act(fsm_.reported(0, false), turn);
    case client_action::replace:
        return replace(turn);
    case client_action::give_up:
        producer_->purge();
        return fail_waiting();
    }
}

// A client that librdkafka has given up refuses everything, for good; an idempotent one gives up when it can no longer
// tell whether records would be repeated or lost. One that has changes of a partition that is gone is replaced likewise
// (see forget()).
// 1. What is on its way is purged: each record is reported, acknowledged or not; who is not is taken back.
// 2. With the last report, what was taken back is put in front of what waits, in the order in which it was sent.
// 3. The next client gets all of it. Partitions and callers notice nothing: their offsets are held all the while. A
//    record whose acknowledgement was lost is produced twice.
void outbox::replace(outbox_turn& turn)
{
    queue_taken_back();
    turn.replaced = producer_->release();
    producer_.reset();
    try
    {
        producer_.emplace(executor_, make_conf_());
        fsm_.replaced();
        ++stats_.replacements;
    }
    catch (std::exception const& error)
    {
        turn.trouble = error.what();
        fsm_.irreplaceable();
        fail_waiting();
    }
}

void outbox::queue_taken_back()
{
    std::ranges::sort(taken_back_, {}, [](waiting_record const& each) { return each.of.number(); });
    waiting_.insert(waiting_.begin(), std::move_iterator{taken_back_.begin()}, std::move_iterator{taken_back_.end()});
    taken_back_.clear();
}

void outbox::fail_waiting()
{
    queue_taken_back();
    for (auto const& each : waiting_)
        fail(each.of, each.what.view().bytes(), make_code(RD_KAFKA_RESP_ERR__FATAL));
    waiting_.clear();
    for (auto const& each : letters_)
        fail(each.of, each.what.view().bytes(), make_code(RD_KAFKA_RESP_ERR__FATAL));
    letters_.clear();
}

void outbox::refuse_more()
{
    auto const lock = std::scoped_lock{guard_};
    refusing_ = true;
}

// Dead letters without a topic wait for something that nobody does in time.
bool outbox::settled() const
{
    auto const lock = std::scoped_lock{guard_};
    return fsm_.in_flight() == 0 && waiting_.empty() && taken_back_.empty();
}

std::string outbox::describe_unsettled() const
{
    auto counts = std::map<std::string, std::size_t>{};
    {
        auto const lock = std::scoped_lock{guard_};
        for (auto const& each : tickets_)
            if (each.used && each.open > 0)
                counts[topics_[each.topic]] += each.open;
    }
    auto text = std::string{};
    for (auto const& [topic, count] : counts)
    {
        auto const* const what = !text.empty() ? "" : count == 1 ? " record" : " records";
        text += (text.empty() ? "" : ", ") + std::to_string(count) + what + " for \"" + topic + '"';
    }
    return text;
}

client_remains outbox::close(bool tell)
{
    auto forgotten = std::deque<delivery>{};
    auto remains = client_remains{};
    auto lock = std::unique_lock{guard_};
    refusing_ = true;
    fsm_.closed();
    for (auto& each : tickets_)
        if (tell && each.used)
            complete_later(each, make_error_code(boost::asio::error::operation_aborted), {});
    waiting_.clear();
    taken_back_.clear();
    just_taken_back_.clear();
    topic_gone_.clear();
    letters_.clear();
    reported_ = 0;
    acknowledged_.clear();
    failed_.clear();
    congested_.clear();
    unused_.clear();
    forgotten.swap(tickets_);
    timed_ = nullptr;
    wake_ = nullptr;
    make_conf_ = nullptr;
    // The outbox may outlive the executor: whoever keeps a topic_producer keeps it.
    executor_ = {};
    // It may be long until the client is destroyed, and it goes on until then.
    if (producer_)
    {
        producer_->purge();
        remains = producer_->release();
    }
    producer_.reset();
    tell_completions(lock);
    return remains;
}

producer_stats outbox::stats() const
{
    auto const lock = std::scoped_lock{guard_};
    auto result = stats_;
    result.in_flight = fsm_.in_flight();
    result.waiting = waiting_.size() + taken_back_.size() + letters_.size();
    return result;
}

} // namespace paperboy::kafka

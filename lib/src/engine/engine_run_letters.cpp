// The part of a run that sees to dead letters: a client for them, and whether their topics exist.

#include "engine/engine_run.hpp"

#include "kafka/offset_queries.hpp"

#include <algorithm>
#include <utility>

namespace paperboy::engine_detail
{

using namespace std::chrono_literals;

// Nobody made a producer, so there was no client before the first dead letter.
void engine_run::open_producer_late()
{
    auto& outbox = *state_->outbox;
    if (engine_.completed() || !outbox.wants_client())
        return;
    try
    {
        outbox.open();
    }
    catch (std::exception const& error)
    {
        fail(errc::client_failed, std::string{"no client to produce dead letters with: "} + error.what());
        return outbox.give_up();
    }
    start_sends();
}

// librdkafka could be given a dead letter whose topic it does not know: it would keep it for half a minute, and then
// call it undeliverable. So the brokers are asked first, one topic at a time, for as long as it takes.
void engine_run::look_after_letters()
{
    if (engine_.completed() || letter_query_.busy())
        return;
    auto& outbox = *state_->outbox;
    if (auto question = outbox.to_ask())
    {
        auto const answer = std::make_shared<kafka::topic_answer>();
        // The thread's is the only hold on the client: letting go of the last one blocks.
        auto ask = [client = std::exchange(question->client, nullptr), name = question->name, answer]
        { *answer = kafka::ask_partition_count(client, name, kafka::query_timeout); };
        call(letter_query_, std::move(ask), [self = shared_from_this(), asked = std::move(*question), answer]
             { self->on_letter_topic(asked, *answer); });
        return;
    }
    if (auto const next = outbox.asks_next())
    {
        auto const pause = std::chrono::ceil<std::chrono::milliseconds>(*next - std::chrono::steady_clock::now());
        letter_timer_.start(std::max(pause, 1ms), [self = shared_from_this()] { self->look_after_letters(); });
    }
}

void engine_run::on_letter_topic(kafka::letter_question const& asked, kafka::topic_answer const& answer)
{
    if (engine_.completed() || !state_->outbox->is_open())
        return;
    auto const turn = state_->outbox->answered(asked.topic, answer);
    auto const letters = std::to_string(turn.letters) + (turn.letters == 1 ? " dead letter" : " dead letters");
    if (turn.news == kafka::letter_news::missing)
        log(log_level::warning,
            letters + " for topic \"" + asked.name +
                "\" cannot be sent: it does not exist; create it. Their partitions wait, nothing is "
                "skipped");
    else if (turn.news == kafka::letter_news::there)
        log(log_level::info, "topic \"" + asked.name + "\" exists now; " + letters + " that waited for it are sent");
    look_after_letters();
    look_whether_drained();
}

// Others wait for the partitions. A run that leaves by itself waits for the topic as long as it may. Either way what it
// has not committed in the end is told.
void engine_run::forget_letters()
{
    if (!leaving_ || !asked_for_)
        return;
    auto count = std::size_t{0};
    for (auto const& each : leaving_->pipelines())
        count += each->forget_letters();
    lost_work_ = lost_work_ || (count > 0 && !engine_.running());
    if (count > 0)
        log(log_level::warning, "partitions are given up with dead letters whose topics do not exist: " +
                                    std::to_string(count) + " records are left to the next owner");
}

} // namespace paperboy::engine_detail

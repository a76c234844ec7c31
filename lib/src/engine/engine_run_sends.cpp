// The part of a run that serves what hooks send.

#include "engine/engine_run.hpp"

#include "kafka/client_config.hpp"

#include <paperboy/observer.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace paperboy::engine_detail
{

namespace asio = boost::asio;

// The outbox outlives the run, so it holds nothing of it.
void engine_run::open_producer()
{
    auto wake = [weak = weak_from_this()]
    {
        if (auto const self = weak.lock())
            asio::post(self->strand_,
                       [self]
                       {
                           if (self->state_->outbox->is_open())
                               self->state_->outbox->events().interrupt();
                           else
                               self->open_producer_late();
                       });
    };
    state_->outbox->prepare(
        strand_, [state = state_.get()] { return kafka::make_producer_conf(state->settings); }, std::move(wake));
    if (state_->produces)
        state_->outbox->open();
}

void engine_run::start_sends()
{
    asio::co_spawn(strand_, serve_sends(),
                   [self = shared_from_this()](std::exception_ptr const& error)
                   {
                       if (error)
                           self->fail(errc::client_failed, describe(error));
                   });
}

asio::awaitable<void> engine_run::serve_sends()
{
    auto const self = shared_from_this();
    auto& outbox = *state_->outbox;
    while (!engine_.completed() && outbox.is_open())
    {
        auto turn = outbox.serve();
        on(turn);
        look_after_letters();
        if (engine_.completed() || !outbox.is_open())
            co_return;
        if (turn.more || turn.replaced)
        {
            co_await asio::post(strand_, asio::use_awaitable);
            continue;
        }
        auto ignored = error_code{};
        co_await outbox.events().async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (outbox.is_open())
            outbox.events().acknowledge();
    }
}

void engine_run::on(kafka::outbox_turn& turn)
{
    for (auto const& each : turn.events)
        on_other_client("producer", each);
    if (turn.replaced)
    {
        log(log_level::warning, "the producer's client is replaced; what was not acknowledged is produced again");
        remains_.push_back(turn.replaced);
        if (!replaced_.busy())
            static_cast<void>(replaced_.run([all = std::exchange(remains_, {})]() mutable { all.clear(); },
                                            [self = shared_from_this()] {}));
    }
    if (!turn.trouble.empty())
        fail(errc::client_failed, "the producer's client cannot be replaced: " + turn.trouble);
    if (!turn.failures.empty())
        on(turn.failures);
    if (turn.reported || !turn.failures.empty())
        on_reports();
}

// What a client tells that is not the group's member.
void engine_run::on_other_client(std::string_view what_for, kafka::consumer_event const& event)
{
    if (auto const* const line = std::get_if<kafka::log_event>(&event))
        return on(*line);
    if (std::holds_alternative<kafka::token_event>(event))
        return on(kafka::token_event{});
    auto const* const trouble = std::get_if<kafka::error_event>(&event);
    if (trouble == nullptr)
        return;
    if (auto const& watcher = state_->settings.watcher)
        watcher->on_client_error(trouble->error, secrets_.hide(trouble->text));
    auto const text = std::string{what_for} + ": " + secrets_.hide(trouble->text);
    if (kafka::kind_of(trouble->error) == kafka::error_kind::brokers_away)
        return log_rarely(text + "; still trying");
    log(log_level::warning, text);
}

// An awaited record's failure is its caller's business; one that an offset waits for ends the run.
void engine_run::on(std::vector<kafka::send_failure> const& failures)
{
    auto lost = std::size_t{0};
    for (auto const& each : failures)
    {
        auto const text = describe(each);
        if (auto const& watcher = state_->settings.watcher)
            watcher->on_produce_error(each.topic, each.error, text);
        if (each.tracked && lost++ == 0)
            fail(errc::produce_failed, text);
    }
    if (lost > 1)
        log(log_level::error, std::to_string(lost - 1) + " more records could not be produced");
}

void engine_run::on_reports()
{
    for (auto const& all : {assignment_, leaving_})
        if (all)
            for (auto const& each : all->pipelines())
                if (each->waits_for_acks())
                    each->look_again();
    look_whether_drained();
    leave_if_wanted();
    if (flushing_)
        destroy_client();
}

// An assignment is given up when its hooks have ended and what they sent is acknowledged: only then is committed what
// they did. What will not be committed waits for nothing, nor do dead letters whose topic is missing.
void engine_run::look_whether_drained()
{
    if (!rebalance_.giving_up())
        return;
    if (leaving_ && leaving_->all_ended())
        forget_letters();
    if (!leaving_ || (leaving_->all_ended() && (!rebalance_.may_commit() || leaving_->all_acknowledged())))
        act(rebalance_.drained());
}

// The group is left; what async_send still has on its way is waited for, within the time for the shutdown.
bool engine_run::sends_are_over()
{
    state_->outbox->refuse_more();
    flushing_ = !hurried_ && state_->outbox->is_open() && !state_->outbox->settled();
    return !flushing_;
}

} // namespace paperboy::engine_detail

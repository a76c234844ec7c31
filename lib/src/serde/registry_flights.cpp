#include "serde/registry_flights.hpp"

#include "serde/registry_answer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace paperboy::serde
{
namespace asio = boost::asio;

namespace
{

[[noreturn]] void throw_aborted()
{
    throw boost::system::system_error{asio::error::operation_aborted};
}

attempt_end end_of(http_answer const& answer)
{
    if (answer.status == 429)
        return attempt_end::too_many_requests;
    if (answer.status >= 500)
        return attempt_end::server_error;
    return is_of_registry(answer) ? attempt_end::answered : attempt_end::misbehaved;
}

} // namespace

struct registry_flights::flight
{
    flight(asio::any_io_executor const& strand, http_question what, std::uint64_t when)
        : question{std::move(what)}, era{when}, ended{strand, asio::steady_timer::time_point::max()}, retry{strand}
    {
    }

    [[nodiscard]] std::string key() const { return std::to_string(era) + ' ' + question.target + '\n' + question.body; }

    http_question question;
    std::uint64_t era;
    exchange_control control;
    // Never expires: it is cancelled when the flight has ended.
    asio::steady_timer ended;
    asio::steady_timer retry;
    std::size_t passengers = 0;
    bool over = false;
    http_answer answer;
    std::exception_ptr error;
    // What the attempts came to, for the error.
    std::string why;
};

// A caller that waits. The flight ends with its last one.
class registry_flights::passenger
{
public:
    passenger(registry_flights& all, flight_ptr on) : all_{all}, on_{std::move(on)} { ++on_->passengers; }
    passenger(passenger const&) = delete;
    passenger& operator=(passenger const&) = delete;
    ~passenger()
    {
        if (--on_->passengers > 0 || on_->over)
            return;
        all_.remove(*on_);
        on_->control.abort();
    }

private:
    registry_flights& all_;
    flight_ptr on_;
};

registry_flights::registry_flights(asio::any_io_executor strand, schema_registry_settings const& settings)
    : strand_{strand}, transport_{std::move(strand), settings},
      policy_{transport_.urls(), settings.retries, settings.backoff, settings.max_backoff}, log_{settings.log},
      random_{std::random_device{}()}
{
}

asio::awaitable<http_answer> registry_flights::ask(http_question question)
{
    auto const request = join(std::move(question));
    auto const waiting = passenger{*this, request};
    auto ignored = boost::system::error_code{};
    co_await request->ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (!request->over)
        throw_aborted();
    if (request->error)
        std::rethrow_exception(request->error);
    co_return request->answer;
}

void registry_flights::abort()
{
    aborted_ = true;
    transport_.close();
    auto const all = std::exchange(flights_, {});
    for (auto const& [key, request] : all)
        request->control.abort();
}

registry_flights::flight_ptr registry_flights::join(http_question question)
{
    if (aborted_)
        throw_aborted();
    auto request = std::make_shared<flight>(strand_, std::move(question), era_);
    auto const [at, is_new] = flights_.try_emplace(request->key(), request);
    if (!is_new)
        return at->second;
    auto ended = [self = shared_from_this(), request](std::exception_ptr const& error)
    {
        request->over = true;
        request->error = error;
        self->remove(*request);
        request->ended.cancel();
    };
    asio::co_spawn(strand_, fly(request), std::move(ended));
    return request;
}

void registry_flights::remove(flight const& ended)
{
    auto const found = flights_.find(ended.key());
    if (found != flights_.end() && found->second.get() == &ended)
        flights_.erase(found);
}

asio::awaitable<void> registry_flights::fly(flight_ptr request)
{
    auto fsm = registry_retry_fsm{policy_, url_};
    auto action = fsm.begin();
    while (action != retry_action::done)
    {
        switch (action)
        {
        case retry_action::send:
        {
            auto const url = fsm.url();
            auto const end = co_await attempt(url, *request);
            action = fsm.ended(end, request->answer.retry_after, std::uniform_real_distribution<>{0, 1}(random_));
            if (action == retry_action::done)
                url_ = url;
            else if (action == retry_action::send && end == attempt_end::misbehaved)
                log_(log_level::warning, request->why + "; asking the next URL");
            break;
        }
        case retry_action::wait:
            log_(log_level::warning, request->why + "; asking again in " + std::to_string(fsm.delay().count()) + " ms");
            co_await pause(fsm.delay(), *request);
            action = fsm.waited();
            break;
        case retry_action::give_up:
            give_up(fsm, *request);
            co_return;
        case retry_action::done:
            break;
        }
    }
}

asio::awaitable<attempt_end> registry_flights::attempt(std::size_t url, flight& request)
{
    auto const place = "paperboy: schema registry: " + transport_.shown(url) + request.question.target;
    request.answer = {};
    auto const began = std::chrono::steady_clock::now();
    try
    {
        request.answer = co_await transport_.exchange(url, request.question, request.control);
    }
    catch (exchange_error const& error)
    {
        counters_->unanswered();
        request.why = place + ": " + error.what();
        co_return error.worth_retrying ? attempt_end::no_answer : attempt_end::misbehaved;
    }
    counters_->answered(request.answer.status, std::chrono::steady_clock::now() - began);
    request.why = place + " answered " + std::to_string(request.answer.status);
    auto const end = end_of(request.answer);
    if (end == attempt_end::misbehaved)
        request.why += ", but not as a registry does";
    co_return end;
}

asio::awaitable<void> registry_flights::pause(std::chrono::milliseconds delay, flight& request)
{
    auto const abortable = exchange_control::stage{request.control, [&request] { request.retry.cancel(); }};
    request.retry.expires_after(delay);
    auto ignored = boost::system::error_code{};
    co_await request.retry.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (request.control.aborted())
        throw_aborted();
}

// Of an answer that is no registry's, whoever asked for it says what is wrong.
void registry_flights::give_up(registry_retry_fsm const& fsm, flight const& request) const
{
    if (fsm.all_misbehaved() && request.answer.status != 0)
        return;
    if (fsm.all_misbehaved())
        throw registry_error{errc::registry_bad_answer, request.why};
    auto text = request.why + "; given up after " + std::to_string(fsm.attempts()) + " attempts";
    if (auto const after = request.answer.retry_after; after && *after > policy_.max_backoff)
        text += ": it asks to be left alone for " + std::to_string(after->count() / 1000) +
                " s, which is more than max_backoff";
    throw registry_error{errc::registry_unreachable, text};
}

} // namespace paperboy::serde

// The part of a run that logs in: tokens, and what refused logins mean.

#include "engine/engine_run.hpp"

#include "kafka/login_hint.hpp"
#include "kafka/oauth.hpp"

#include <paperboy/observer.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <utility>

namespace paperboy::engine_detail
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace
{

constexpr auto token_patience = 30s;
constexpr auto longest_token_pause = std::chrono::milliseconds{30s};

} // namespace

// Each client asks for itself; what one has got serves the others while it is fresh.
void engine_run::on(kafka::token_event const&)
{
    if (token_ && std::chrono::system_clock::now() < token_fresh_until_)
        return use_token();
    get_token();
}

// 1. The source runs on the run's strand, as one call at a time.
// 2. It has a deadline, and the end of the run cancels it.
void engine_run::get_token()
{
    if (asking_for_token_ || !state_->settings.oauth || engine_.completed())
        return;
    asking_for_token_ = true;
    watch_token(0s);
    auto done = [self = shared_from_this()](std::exception_ptr const& error, oauth_token token)
    {
        self->asking_for_token_ = false;
        self->token_timer_.stop();
        if (self->engine_.completed())
            return;
        if (error)
            return self->on_no_token(describe(error));
        self->on_token(std::move(token));
    };
    try
    {
        asio::co_spawn(strand_, state_->settings.oauth(),
                       asio::bind_cancellation_slot(token_cancel_.slot(), std::move(done)));
    }
    catch (std::exception const& error)
    {
        asking_for_token_ = false;
        on_no_token(error.what());
    }
}

// A source that heeds its cancellation fails with it, and that is told; of one that does not, nothing else would be
// heard.
void engine_run::watch_token(std::chrono::seconds waited)
{
    auto late = [self = shared_from_this(), waited = waited + token_patience]
    {
        self->trouble_ = "config::oauth has given no token for " + std::to_string(waited.count()) + " s";
        self->log(log_level::warning, self->trouble_ + "; its call is cancelled");
        self->watch_token(waited);
        self->token_cancel_.emit(asio::cancellation_type::terminal);
    };
    token_timer_.start(token_patience, std::move(late));
}

void engine_run::on_token(oauth_token token)
{
    auto const now = std::chrono::system_clock::now();
    token_fresh_until_ = now + (token.expires - now) / 2;
    secrets_.add_token(token.value);
    token_ = std::move(token);
    use_token();
}

void engine_run::use_token()
{
    auto refused = consumer_ ? kafka::set_token(consumer_->shared_client()->get(), *token_) : std::string{};
    if (refused.empty() && state_->outbox)
        refused = state_->outbox->set_token(*token_);
    if (refused.empty() && tables_)
        refused = tables_->set_token(*token_);
    if (!refused.empty())
    {
        token_.reset();
        return on_no_token(refused);
    }
    token_pause_ = 1s;
}

void engine_run::on_no_token(std::string const& why)
{
    auto const text = "config::oauth gave no usable token: " + why + "; asking again in " +
                      std::to_string(token_pause_.count()) + " ms";
    trouble_ = text;
    log(log_level::error, text);
    if (auto const& watcher = state_->settings.watcher)
        watcher->on_client_error(errc::no_token, text);
    token_timer_.start(token_pause_, [self = shared_from_this()] { self->get_token(); });
    token_pause_ = std::min(token_pause_ * 2, longest_token_pause);
}

// Whether the error was one of a login, and is dealt with. Later on the same may be a broker that is being replaced, so
// it ends the run only as long as nothing has ever worked.
bool engine_run::on_refused_login(kafka::error_event const& event)
{
    auto const& settings = state_->settings;
    auto const hint = kafka::hint_for(event.text, settings, capabilities_.version);
    // Once logins have succeeded, librdkafka's guess at a broken connection's cause is not ours.
    if (!hint || (ever_assigned_ && !hint->final))
        return false;
    auto const text = settings.bootstrap_servers + ": " + event.text + "; " + hint->remedy;
    if (hint->final && !ever_assigned_)
    {
        if (engine_.running())
            fail(hint->tls ? errc::tls_failed : errc::authentication_failed, text);
        return true;
    }
    trouble_ = text;
    log_rarely(text);
    return true;
}

} // namespace paperboy::engine_detail

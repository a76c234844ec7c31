#include "engine/engine_impl.hpp"

#include "kafka/client_config.hpp"
#include "pipeline/option_check.hpp"

#include <boost/asio/error.hpp>

#include <exception>
#include <string>
#include <utility>

namespace paperboy::detail
{

namespace asio = boost::asio;

engine_impl::engine_impl(asio::any_io_executor executor, config settings)
    : state_{std::make_shared<engine_detail::engine_state>(std::move(executor), std::move(settings))}
{
    pipeline::check(state_->settings.mode, "config");
    pipeline::check(state_->settings.start, "", "config");
    static_cast<void>(kafka::make_consumer_conf(state_->settings));
    static_cast<void>(kafka::make_producer_conf(state_->settings));
}

engine_impl::run_ptr engine_impl::current() const
{
    auto const lock = std::scoped_lock{guard_};
    return run_.lock();
}

engine_impl::run_ptr engine_impl::numbered(std::uint64_t number) const
{
    auto const lock = std::scoped_lock{guard_};
    return number == run_number_ ? run_.lock() : nullptr;
}

bool engine_impl::running() const
{
    return current() != nullptr;
}

void engine_impl::start(std::uint64_t number, std::unique_ptr<run_completion> completion)
{
    if (running())
        return completion->complete(errc::already_running);
    if (state_->router.empty())
    {
        state_->record({errc::no_handler, "no topic has a handler; call engine::handle before async_run"});
        state_->tell_health(&engine_detail::health_fsm::ended, true, state_->why_failed().text);
        return completion->complete(errc::no_handler);
    }
    try
    {
        state_->check_steps();
        state_->check_tables();
    }
    catch (setup_error const& error)
    {
        state_->record({error.code(), error.what()});
        state_->tell_health(&engine_detail::health_fsm::ended, true, error.what());
        return completion->complete(error.code());
    }
    state_->record({});
    state_->tell_health(&engine_detail::health_fsm::started,
                        "joining group \"" + state_->settings.group_id + "\" at " + state_->settings.bootstrap_servers);
    auto run = run_ptr{};
    try
    {
        run = std::make_shared<engine_detail::engine_run>(state_->executor, state_);
    }
    catch (std::exception const& error)
    {
        state_->record({errc::client_failed, std::string{"the run cannot begin: "} + error.what()});
        state_->tell_health(&engine_detail::health_fsm::ended, true, state_->why_failed().text);
        return completion->complete(errc::client_failed);
    }
    begin(run, number, std::move(completion));
}

// A stop() from another thread may come at once:
// 1. this thread shows the run;
// 2. the other one finds it, and posts the stop to its strand;
// 3. this thread posts the beginning, which knows whom to tell the end: but the run has ended by then, and nobody is
// told. So the beginning is posted under the lock that it is shown under.
void engine_impl::begin(run_ptr const& run, std::uint64_t number, std::unique_ptr<run_completion> completion)
{
    auto const lock = std::scoped_lock{guard_};
    run_ = run;
    run_number_ = number;
    // The engine may be destroyed before the run ends; the completion is told all the same.
    run->start(
        [weak = weak_from_this(), tell = std::shared_ptr<run_completion>{std::move(completion)}](error_code result)
        {
            if (auto const self = weak.lock())
                self->ended();
            tell->complete(result);
        });
}

void engine_impl::ended()
{
    auto const lock = std::scoped_lock{guard_};
    run_.reset();
}

void engine_impl::cancel(std::uint64_t number, asio::cancellation_type type)
{
    auto const run = numbered(number);
    if (!run)
        return;
    if ((type & asio::cancellation_type::terminal) != asio::cancellation_type::none)
        run->abort();
    else if (type != asio::cancellation_type::none)
        run->stop(make_error_code(asio::error::operation_aborted));
}

void engine_impl::stop()
{
    if (auto const run = current())
        run->stop({});
}

void engine_impl::repause()
{
    if (auto const run = current())
        run->repause();
}

void engine_impl::abort()
{
    if (auto const run = current())
        run->abort();
}

asio::any_io_executor executor_of(engine_handle const& engine)
{
    return engine->executor();
}

std::uint64_t next_run(engine_handle const& engine) noexcept
{
    return engine->next_number();
}

void start_run(engine_handle const& engine, std::uint64_t number, std::unique_ptr<run_completion> completion)
{
    engine->start(number, std::move(completion));
}

void cancel_run(std::weak_ptr<engine_impl> const& engine, std::uint64_t number, asio::cancellation_type type)
{
    if (auto const target = engine.lock())
        target->cancel(number, type);
}

} // namespace paperboy::detail

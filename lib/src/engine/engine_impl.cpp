#include "engine/engine_impl.hpp"

#include "kafka/client_config.hpp"
#include "pipeline/mode_check.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace paperboy::detail
{

namespace asio = boost::asio;

engine_impl::engine_impl(asio::any_io_executor executor, config settings)
    : state_{std::make_shared<engine_detail::engine_state>(std::move(executor), std::move(settings))}
{
    pipeline::check(state_->settings.mode, "config");
    static_cast<void>(kafka::make_consumer_conf(state_->settings));
}

std::shared_ptr<engine_detail::engine_run> engine_impl::current() const
{
    auto const lock = std::scoped_lock{guard_};
    return run_;
}

bool engine_impl::running() const
{
    return current() != nullptr;
}

void engine_impl::start(std::unique_ptr<run_completion> completion)
{
    if (running())
        return completion->complete(errc::already_running);
    if (state_->router.empty())
    {
        state_->record({errc::no_handler, "no topic has a handler; call engine::handle before async_run"});
        return completion->complete(errc::no_handler);
    }
    state_->record({});
    auto run = std::make_shared<engine_detail::engine_run>(state_->executor, state_);
    {
        auto const lock = std::scoped_lock{guard_};
        run_ = run;
    }
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

void engine_impl::stop(error_code result)
{
    if (auto const run = current())
        run->stop(result);
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

void start_run(engine_handle const& engine, std::unique_ptr<run_completion> completion)
{
    engine->start(std::move(completion));
}

void cancel_run(std::weak_ptr<engine_impl> const& engine, asio::cancellation_type type)
{
    auto const target = engine.lock();
    if (!target)
        return;
    if ((type & asio::cancellation_type::terminal) != asio::cancellation_type::none)
        target->abort();
    else if (type != asio::cancellation_type::none)
        target->stop(make_error_code(asio::error::operation_aborted));
}

} // namespace paperboy::detail

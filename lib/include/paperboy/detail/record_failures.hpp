#pragma once

#include <paperboy/detail/batch_run.hpp>
#include <paperboy/detail/stopwatch.hpp>
#include <paperboy/handler.hpp>

#include <boost/asio/awaitable.hpp>

#include <exception>
#include <optional>
#include <tuple>
#include <utility>

namespace paperboy::detail
{

// Where in a record's life an exception was thrown.
struct failed_hook
{
    hook where = hook::define_context;
    std::exception_ptr error{};
};

// What becomes of a record whose hooks have failed.
template <class H, class Hooks>
class record_failures
{
    using hooks = Hooks;
    using C = typename hooks::C;

public:
    explicit record_failures(H& handler) noexcept : handler_{handler} {}

    // What becomes of the record, by its handler's options or its on_error; an on_error that fails itself means `fail`.
    error_action::kind decide(batch_run& run, failed_hook const& failed, std::optional<C>& context)
    {
        auto const known = run.without_asking(failed.where, failed.error, hooks::on_error::fits);
        auto action = known.value_or(error_action::fail);
        if constexpr (hooks::on_error::fits && !hooks::on_error::awaitable)
        {
            try
            {
                if (!known)
                {
                    auto times = stopwatch{run, 1};
                    times.next(hook::on_error);
                    action = call_on_error(run.current(), failed, context);
                    times.stop();
                }
            }
            catch (...)
            {
                run.report(hook::on_error, std::current_exception(), run.current(), error_action::fail);
            }
        }
        return run.report(failed.where, failed.error, run.current(), action);
    }

    boost::asio::awaitable<error_action::kind> decide_async(batch_run& run, failed_hook const& failed,
                                                            std::optional<C>& context)
    {
        auto const known = run.without_asking(failed.where, failed.error, true);
        auto action = known.value_or(error_action::fail);
        auto own_failure = std::exception_ptr{};
        auto const view = run.current();
        try
        {
            if (!known)
            {
                auto times = stopwatch{run, 1};
                times.next(hook::on_error);
                action = co_await call_on_error(view, failed, context);
                times.stop();
            }
        }
        catch (...)
        {
            own_failure = std::current_exception();
        }
        if (run.cancelled())
            co_return error_action::kind::fail;
        if (own_failure)
            run.report(hook::on_error, own_failure, view, error_action::fail);
        co_return run.report(failed.where, failed.error, view, action);
    }

private:
    decltype(auto) call_on_error(record_view const& view, failed_hook const& failed, std::optional<C>& context)
    {
        return hooks::on_error::call(handler_, std::tuple<std::exception_ptr, record_view const&, C*>{
                                                   failed.error, view, context ? &*context : nullptr});
    }

    H& handler_;
};

} // namespace paperboy::detail

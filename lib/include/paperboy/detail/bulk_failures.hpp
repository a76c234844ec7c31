#pragma once

#include <paperboy/detail/batch_run.hpp>
#include <paperboy/detail/stopwatch.hpp>
#include <paperboy/handler.hpp>

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

namespace paperboy::detail
{

// What a bulk handler says of failures: of a bulk's by on_bulk_error, of a single record's by on_error.
template <class H, class Hooks, class R>
class bulk_failures
{
    using hooks = Hooks;
    using C = typename hooks::C;
    using S = std::span<R const>;

public:
    explicit bulk_failures(H& handler) noexcept : handler_{handler} {}

    // Asks on_bulk_error what becomes of all the piece's records; one that fails itself means `fail`.
    boost::asio::awaitable<error_action::kind> decide(bulk_run& run, hook where, std::exception_ptr error, S piece,
                                                      std::optional<C>& context)
    {
        auto const known = run.without_asking(where, error, hooks::on_bulk_error::fits);
        auto action = known.value_or(error_action::fail);
        // The piece's may have been removed by did_receive_bulk_messages, this time or the next; one that was left out
        // has had its own failure.
        auto const left_out = [&](record_view const& each) { return run.was_left_out(each); };
        auto const all = run.records();
        auto const in_piece = std::ranges::find_if_not(all, left_out);
        auto const& first = in_piece != all.end() ? *in_piece : all.front();
        auto own_failure = std::exception_ptr{};
        auto times = stopwatch{run, known ? 0U : 1U};
        try
        {
            times.next(hook::on_bulk_error);
            if constexpr (hooks::on_bulk_error::awaitable)
            {
                if (!known)
                    action = co_await on_bulk_error(error, piece, context);
            }
            else if constexpr (hooks::on_bulk_error::fits)
            {
                if (!known)
                    action = on_bulk_error(error, piece, context);
            }
            times.stop();
        }
        catch (...)
        {
            own_failure = std::current_exception();
        }
        if (run.cancelled())
            co_return error_action::kind::fail;
        if (own_failure)
            run.report(hook::on_bulk_error, own_failure, first, error_action::fail);
        co_return run.report(where, error, first, action);
    }

    boost::asio::awaitable<error_action> ask_on_error(bulk_run& run, hook where, std::exception_ptr error,
                                                      record_view view)
    {
        auto const known = run.without_asking(where, error, hooks::on_error::fits);
        auto action = known.value_or(error_action::fail);
        auto own_failure = std::exception_ptr{};
        auto times = stopwatch{run, known ? 0U : 1U};
        try
        {
            times.next(hook::on_error);
            if constexpr (hooks::on_error::awaitable)
            {
                if (!known)
                    action = co_await on_error(error, view, nullptr);
            }
            else if constexpr (hooks::on_error::fits)
            {
                if (!known)
                    action = on_error(error, view, nullptr);
            }
            times.stop();
        }
        catch (...)
        {
            own_failure = std::current_exception();
        }
        if (own_failure && !run.cancelled())
            run.report(hook::on_error, own_failure, view, error_action::fail);
        co_return action;
    }

    // The index in a bulk of so many records of the one that a bulk_error names, if it names one of the piece that
    // begins at `start`.
    [[nodiscard]] static std::optional<std::size_t> named_record(std::exception_ptr const& error, std::size_t start,
                                                                 std::size_t size)
    {
        if (!error)
            return std::nullopt;
        try
        {
            std::rethrow_exception(error);
        }
        catch (bulk_error const& known)
        {
            if (known.index < size - start)
                return start + known.index;
        }
        catch (...)
        {
            return std::nullopt;
        }
        return std::nullopt;
    }

    static std::exception_ptr cause_of(std::exception_ptr const& error)
    {
        try
        {
            std::rethrow_exception(error);
        }
        catch (bulk_error const& known)
        {
            return known.cause ? known.cause : error;
        }
    }

    static bool leaves_out(error_action const& action) noexcept
    {
        return action.what() == error_action::kind::skip || action.what() == error_action::kind::dead_letter;
    }

    static batch_end end_of(error_action::kind verdict) noexcept
    {
        switch (verdict)
        {
        case error_action::kind::fail:
            return batch_end::failed;
        case error_action::kind::retry:
            return batch_end::again;
        case error_action::kind::skip:
            return batch_end::left;
        case error_action::kind::dead_letter:
            break;
        }
        return batch_end::failed;
    }

private:
    decltype(auto) on_bulk_error(std::exception_ptr error, S piece, std::optional<C>& context)
    {
        return hooks::on_bulk_error::call(
            handler_, std::tuple<std::exception_ptr, S, C*>{error, piece, context ? &*context : nullptr});
    }

    decltype(auto) on_error(std::exception_ptr error, record_view const& view, C* context)
    {
        return hooks::on_error::call(handler_,
                                     std::tuple<std::exception_ptr, record_view const&, C*>{error, view, context});
    }

    H& handler_;
};

} // namespace paperboy::detail

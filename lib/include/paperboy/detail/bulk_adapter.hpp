#pragma once

#include <paperboy/detail/batch_run.hpp>
#include <paperboy/detail/bulk_failures.hpp>
#include <paperboy/detail/hook_set.hpp>
#include <paperboy/detail/record_decoder.hpp>
#include <paperboy/detail/stopwatch.hpp>
#include <paperboy/handler.hpp>

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace paperboy::detail
{

// Runs a bulk handler's hooks over a bulk. A coroutine costs nothing per record here, so there is one way for plain and
// awaitable hooks.
template <class H, class KeySerde, class ValueSerde>
class bulk_adapter
{
    using types = record_types<KeySerde, ValueSerde>;
    using R = typename types::record;
    using hooks = hook_set<H, R, typename types::tombstone>;
    using C = typename hooks::C;
    using S = std::span<R const>;
    using decoder = record_decoder<KeySerde, ValueSerde>;
    using failures = bulk_failures<H, hooks, R>;

public:
    bulk_adapter(H& handler, decoder& decode) : handler_{handler}, decoder_{decode}, failures_{handler} {}

    // 1. Decode all; a record that cannot be decoded is left out, or ends the bulk in front of it. Raw views need no
    //    decoding: unless a hook may change the bulk, the hooks see those that the bulk was formed with.
    // 2. Run the hooks over what is left, piece by piece: a bulk_error ends a piece at the record it names.
    // 3. Only then let a record that has to stop the engine, or to be tried again, do so: what came before it is
    //    finished. Records behind it follow as another bulk.
    boost::asio::awaitable<batch_end> run(bulk_run& run)
    {
        auto const views = run.records();
        auto undecodable = std::optional<undecodable_record>{};
        if constexpr (in_place)
            shown_ = views;
        else
        {
            records_.clear();
            records_.reserve(views.size());
            decoder_.forget();
            [[maybe_unused]] auto const began = stopwatch::clock::now();
            auto reached = decode_from(run, 0);
            if constexpr (decodes<KeySerde> || decodes<ValueSerde>)
                if (!records_.empty())
                    run.took(hook::decode_value,
                             (stopwatch::clock::now() - began) / static_cast<std::int64_t>(records_.size()),
                             records_.size());
            if (reached.at < views.size())
                undecodable = co_await decode_rest(run, std::move(reached));
            shown_ = records_;
        }
        taken_ = undecodable ? views.first(undecodable->index) : views;
        auto end = batch_end::left;
        for (std::size_t start = 0; start < shown_.size() && end == batch_end::left && !run.cancelled();)
        {
            auto const piece = co_await run_piece(run, start);
            end = piece.end;
            start = piece.next;
        }
        shown_ = {};
        records_.clear();
        if (end != batch_end::left || run.cancelled())
            co_return run.cancelled() ? batch_end::cancelled : end;
        if (!undecodable)
        {
            run.finish_below(views.back().offset() + 1);
            co_return batch_end::left;
        }
        auto const& failed = undecodable->record;
        run.finish_below(failed.offset());
        auto const verdict =
            run.conclude(run.report(undecodable->where, undecodable->error, failed, undecodable->action), failed);
        if (verdict == error_action::kind::skip)
            run.finish_below(failed.offset() + 1);
        co_return failures::end_of(verdict);
    }

private:
    static constexpr bool in_place =
        !decodes<KeySerde> && !decodes<ValueSerde> && !hooks::did_receive_bulk_messages::fits;

    // With a constructor: g++ 12 destroys aggregates twice in coroutines.
    struct undecodable_record
    {
        undecodable_record(std::size_t at, hook from, std::exception_ptr why, record_view const& which,
                           error_action asked)
            : index{at}, where{from}, error{std::move(why)}, record{which}, action{std::move(asked)}
        {
        }

        std::size_t index;
        hook where;
        std::exception_ptr error;
        record_view record;
        error_action action;
    };

    // How far decoding came: to the end, to a record that cannot be decoded, or, without an error, to one that a serde
    // has to be prepared for.
    struct decoded
    {
        explicit decoded(std::size_t reached) : at{reached} {}
        decoded(std::size_t reached, hook from, std::exception_ptr why)
            : at{reached}, where{from}, error{std::move(why)}
        {
        }

        std::size_t at;
        hook where = hook::decode_value;
        std::exception_ptr error;
    };

    // Where a bulk is tried again, what becomes of those that were left out is decided, and may be done, even if they
    // could be decoded by now.
    decoded decode_from(bulk_run const& run, std::size_t start)
    {
        auto const views = run.records();
        auto const some_left_out = run.has_left_out();
        for (auto at = start; at < views.size(); ++at)
        {
            if (some_left_out && run.was_left_out(views[at])) [[unlikely]]
                continue;
            if constexpr (decoder::prepares)
                if (!decoder_.ready(views[at])) [[unlikely]]
                    return decoded{at};
            auto where = hook::decode_value;
            auto& slot = records_.emplace_back(views[at]);
            try
            {
                decoder_.decode(slot, where);
            }
            catch (...)
            {
                records_.pop_back();
                return {at, where, std::current_exception()};
            }
        }
        return decoded{views.size()};
    }

    // The first record that cannot be decoded and is not left out, if there is one; records_ holds those before it.
    boost::asio::awaitable<std::optional<undecodable_record>> decode_rest(bulk_run& run, decoded reached)
    {
        auto const views = run.records();
        while (reached.at < views.size())
        {
            auto const view = views[reached.at];
            if constexpr (decoder::prepares)
                if (!reached.error)
                {
                    co_await decoder_.prepare(view, run);
                    if (run.cancelled())
                        co_return std::nullopt;
                    reached = decode_from(run, reached.at);
                    continue;
                }
            auto action = co_await failures_.ask_on_error(run, reached.where, reached.error, view);
            if (failures::leaves_out(action) && run.left_out_first_time(view) &&
                run.conclude(run.report(reached.where, reached.error, view, action), view) != error_action::kind::skip)
                action = error_action::fail;
            if (!failures::leaves_out(action))
                co_return undecodable_record{reached.at, reached.where, std::move(reached.error), view, action};
            reached = decode_from(run, reached.at + 1);
        }
        co_return std::nullopt;
    }

    struct piece_result
    {
        batch_end end = batch_end::left;
        std::size_t next = 0;
    };

    // The hooks over the bulk from `start` on, up to the end or to the record that a bulk_error names.
    boost::asio::awaitable<piece_result> run_piece(bulk_run& run, std::size_t start)
    {
        auto context = std::optional<C>{};
        auto where = hook::define_context;
        auto error = std::exception_ptr{};
        auto times = stopwatch{run, 1};
        try
        {
            if constexpr (hooks::define_context::fits)
                times.next(hook::define_context);
            if constexpr (hooks::define_context::awaitable)
                context.emplace(co_await define(start));
            else if constexpr (hooks::define_context::fits)
                context.emplace(define(start));
            else
                context.emplace();
            where = hook::did_receive_bulk_messages;
            if (start == 0)
            {
                if constexpr (hooks::did_receive_bulk_messages::fits)
                    times.next(hook::did_receive_bulk_messages);
                if constexpr (hooks::did_receive_bulk_messages::awaitable)
                    co_await did_receive(context);
                else
                    did_receive(context);
                show_changes();
            }
            where = hook::on_bulk;
            if (!rest(start).empty())
            {
                times.next(hook::on_bulk);
                if constexpr (hooks::on_bulk::awaitable)
                    co_await on_bulk(start, context);
                else
                    on_bulk(start, context);
            }
        }
        catch (...)
        {
            error = std::current_exception();
            show_changes();
        }
        if (run.cancelled())
            co_return piece_result{batch_end::cancelled, start};
        times.stop();
        auto const failed_at = error && where == hook::on_bulk && in_order()
                                   ? failures::named_record(error, start, shown_.size())
                                   : std::nullopt;
        auto const piece = failed_at ? rest(start).first(*failed_at - start) : rest(start);
        auto verdict = error_action::kind::skip;
        if (error && !failed_at)
            verdict = co_await failures_.decide(run, where, error, piece, context);
        auto const how = error && !failed_at ? outcome::failed : outcome::handled;
        if constexpr (hooks::on_finished_bulk::fits)
            if (context)
                verdict = stricter(verdict, co_await finish(run, piece, context, how));
        if (run.cancelled())
            co_return piece_result{batch_end::cancelled, start};
        if (verdict == error_action::kind::dead_letter)
            verdict = error && where == hook::did_receive_bulk_messages ? bury(run, taken_) : bury(run, piece);
        if (verdict != error_action::kind::skip)
            co_return piece_result{failures::end_of(verdict), start};
        if (!failed_at)
            co_return piece_result{batch_end::left, shown_.size()};
        co_return co_await pass_failed_record(run, *failed_at, failures::cause_of(error));
    }

    // A hook that has failed may have removed records before it did: then those are buried that it was given.
    template <class Records>
    error_action::kind bury(bulk_run& run, Records const& records)
    {
        for (record_view const& each : records)
            if (!run.was_left_out(each) &&
                run.conclude(error_action::kind::dead_letter, each) != error_action::kind::skip)
                return error_action::kind::fail;
        return error_action::kind::skip;
    }

    // The record that a bulk_error names goes through on_error as if it had come alone.
    boost::asio::awaitable<piece_result> pass_failed_record(bulk_run& run, std::size_t at, std::exception_ptr error)
    {
        auto const view = static_cast<record_view const&>(shown_[at]);
        run.finish_below(view.offset());
        auto const action = co_await failures_.ask_on_error(run, hook::on_bulk, error, view);
        if (run.cancelled())
            co_return piece_result{batch_end::cancelled, at};
        auto const verdict = run.conclude(run.report(hook::on_bulk, error, view, action), view);
        if (verdict != error_action::kind::skip)
            co_return piece_result{failures::end_of(verdict), at};
        run.finish_below(view.offset() + 1);
        co_return piece_result{batch_end::left, at + 1};
    }

    boost::asio::awaitable<error_action::kind> finish(bulk_run& run, S piece, std::optional<C>& context, outcome how)
    {
        auto error = std::exception_ptr{};
        auto times = stopwatch{run, 1};
        times.next(hook::on_finished_handling);
        try
        {
            if constexpr (hooks::on_finished_bulk::awaitable)
                co_await on_finished(piece, context, how);
            else
                on_finished(piece, context, how);
        }
        catch (...)
        {
            error = std::current_exception();
        }
        if (run.cancelled())
            co_return error_action::kind::skip;
        times.stop();
        if (!error)
            co_return error_action::kind::skip;
        co_return co_await failures_.decide(run, hook::on_finished_handling, error, piece, context);
    }

    // did_receive_bulk_messages may have moved the records, even when it failed.
    void show_changes() noexcept
    {
        if constexpr (!in_place)
            shown_ = records_;
    }

    // "Those before it are finished" says nothing of offsets once did_receive_bulk_messages has changed their order.
    [[nodiscard]] bool in_order() const
    {
        return in_place || std::ranges::is_sorted(shown_, {}, [](record_view const& each) { return each.offset(); });
    }

    [[nodiscard]] S rest(std::size_t start) const
    {
        return shown_.subspan(start < shown_.size() ? start : shown_.size());
    }

    decltype(auto) define(std::size_t start)
    {
        return hooks::define_context::call(handler_, std::tuple<record_view const&>{shown_[start]});
    }

    decltype(auto) did_receive(std::optional<C>& context)
    {
        if constexpr (hooks::did_receive_bulk_messages::fits)
            return hooks::did_receive_bulk_messages::call(handler_,
                                                          std::tuple<std::vector<R>&, C&>{records_, *context});
    }

    decltype(auto) on_bulk(std::size_t start, std::optional<C>& context)
    {
        return hooks::on_bulk::call(handler_, std::tuple<S, C&>{rest(start), *context});
    }

    decltype(auto) on_finished(S piece, std::optional<C>& context, outcome how)
    {
        if constexpr (hooks::on_finished_bulk::fits)
            return hooks::on_finished_bulk::call(handler_, std::tuple<S, C&, outcome>{piece, *context, how});
    }

    H& handler_;
    decoder& decoder_;
    failures failures_;
    std::vector<R> records_;
    // What the hooks see: records_, or the bulk itself.
    S shown_;
    // What of the bulk was decoded, and what was left out.
    std::span<record_view const> taken_;
};

} // namespace paperboy::detail

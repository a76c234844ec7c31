#pragma once

#include <paperboy/detail/batch_run.hpp>
#include <paperboy/detail/bulk_adapter.hpp>
#include <paperboy/detail/hook_set.hpp>
#include <paperboy/detail/record_decoder.hpp>
#include <paperboy/detail/record_failures.hpp>
#include <paperboy/detail/stopwatch.hpp>

#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace paperboy::detail
{

// Runs a handler's hooks over the records of a batch. All that is not declared by the handler compiles to nothing; a
// handler without awaitable hooks runs in a plain loop, without a coroutine.
//
// run() and run_async() are the same story, told once with calls and once with co_await: whether a function is a
// coroutine cannot depend on a template parameter.
template <class H, class KeySerde, class ValueSerde>
class handler_adapter final : public batch_handler
{
    using types = record_types<KeySerde, ValueSerde>;
    using R = typename types::record;
    using T = typename types::tombstone;
    using hooks = hook_set<H, R, T>;
    using C = typename hooks::C;
    using decoder = record_decoder<KeySerde, ValueSerde>;
    using failures = record_failures<H, hooks>;

public:
    static constexpr bool is_asynchronous = hooks::asynchronous;

    handler_adapter(H& handler, KeySerde key_serde, ValueSerde value_serde)
        : handler_adapter{handler, decoder{std::move(key_serde), std::move(value_serde)}}
    {
    }

    handler_adapter(H& handler, decoder decode)
        : handler_{handler}, decoder_{std::move(decode)}, failures_{handler_}, bulk_{handler_, decoder_}
    {
    }

    handler_adapter(handler_adapter const&) = delete;
    handler_adapter& operator=(handler_adapter const&) = delete;

    [[nodiscard]] bool asynchronous() const noexcept override { return is_asynchronous; }
    [[nodiscard]] bool handles_bulks() const noexcept override { return hooks::on_bulk::fits; }

    [[nodiscard]] std::unique_ptr<batch_handler> another() override
    {
        return std::make_unique<handler_adapter>(handler_, decoder_);
    }

    boost::asio::awaitable<batch_end> run_bulk(bulk_run& run) override
    {
        if constexpr (hooks::on_bulk::fits)
            return bulk_.run(run);
        else
            return no_bulk::run();
    }

    batch_end run(batch_run& run) override
    {
        if constexpr (!hooks::asynchronous)
        {
            if (!run.more())
                return batch_end::left;
            auto slots = slots_for(run.current());
            while (run.more())
            {
                if constexpr (decoder::prepares)
                    if (!decoder_.ready(run.current())) [[unlikely]]
                        return batch_end::unprepared;
                auto const handled = run.is_timed() ? handle_timed(run, slots) : handle(run, slots, no_stopwatch{});
                auto const verdict = run.conclude(handled, run.current());
                if (verdict != error_action::kind::skip) [[unlikely]]
                    return end_of(verdict);
                run.finish();
            }
        }
        return batch_end::left;
    }

    boost::asio::awaitable<batch_end> run_async(batch_run& run) override
    {
        if constexpr (hooks::asynchronous)
        {
            if (!run.more())
                co_return batch_end::left;
            auto slots = slots_for(run.current());
            auto times = stopwatch{run};
            while (run.more())
            {
                if constexpr (decoder::prepares)
                {
                    if (!decoder_.ready(run.current())) [[unlikely]]
                        co_await decoder_.prepare(run.current(), run);
                    if (run.cancelled())
                        co_return batch_end::cancelled;
                }
                auto failed = failed_hook{};
                auto context = std::optional<C>{};
                if (run.is_timed()) [[unlikely]]
                    times.begin(run.begin_timing());
                slots.show(run.current());
                try
                {
                    failed.where = hook::define_context;
                    if constexpr (hooks::define_context::fits)
                        times.next(hook::define_context);
                    if constexpr (hooks::define_context::awaitable)
                        context.emplace(co_await call_define_context(slots));
                    else
                        define(context, slots);
                    decode(slots, failed, times);
                    if (slots.tombstone_now())
                    {
                        failed.where = hook::did_receive_message;
                        if constexpr (hooks::did_receive_tombstone::fits)
                            times.next(hook::did_receive_message);
                        if constexpr (hooks::did_receive_tombstone::awaitable)
                            co_await call_did_receive_tombstone(slots, context);
                        else
                            call_did_receive_tombstone(slots, context);
                        failed.where = hook::on_tombstone;
                        if constexpr (hooks::on_tombstone::fits)
                            times.next(hook::on_tombstone);
                        if constexpr (hooks::on_tombstone::awaitable)
                            co_await call_on_tombstone(slots, context);
                        else
                            call_on_tombstone(slots, context);
                    }
                    else
                    {
                        failed.where = hook::did_receive_message;
                        if constexpr (hooks::did_receive_message::fits)
                            times.next(hook::did_receive_message);
                        if constexpr (hooks::did_receive_message::awaitable)
                            co_await call_did_receive_message(slots, context);
                        else
                            call_did_receive_message(slots, context);
                        failed.where = hook::on_message;
                        times.next(hook::on_message);
                        if constexpr (hooks::on_message::awaitable)
                            co_await call_on_message(slots, context);
                        else
                            call_on_message(slots, context);
                    }
                }
                catch (...)
                {
                    failed.error = std::current_exception();
                }
                if constexpr (decoder::prepares)
                    decoder_.end_record();
                if (run.cancelled())
                    co_return batch_end::cancelled;
                times.stop();
                auto verdict = error_action::kind::skip;
                if (failed.error)
                {
                    if constexpr (hooks::on_error::awaitable)
                        verdict = co_await failures_.decide_async(run, failed, context);
                    else
                        verdict = failures_.decide(run, failed, context);
                }
                if (finishes(context))
                {
                    auto finishing = failed_hook{hook::on_finished_handling};
                    times.next(hook::on_finished_handling);
                    try
                    {
                        if constexpr (hooks::on_finished_handling::awaitable)
                            co_await call_on_finished_handling(slots, context, failed);
                        else
                            call_on_finished_handling(slots, context, failed);
                    }
                    catch (...)
                    {
                        finishing.error = std::current_exception();
                    }
                    if (run.cancelled())
                        co_return batch_end::cancelled;
                    times.stop();
                    if (finishing.error)
                    {
                        if constexpr (hooks::on_error::awaitable)
                            verdict = stricter(verdict, co_await failures_.decide_async(run, finishing, context));
                        else
                            verdict = stricter(verdict, failures_.decide(run, finishing, context));
                    }
                }
                if (run.cancelled())
                    co_return batch_end::cancelled;
                if (times.times()) [[unlikely]]
                {
                    run.timed(times.sum());
                    times.end();
                }
                verdict = run.conclude(verdict, run.current());
                if (verdict != error_action::kind::skip)
                    co_return end_of(verdict);
                run.finish();
            }
        }
        co_return batch_end::left;
    }

    boost::asio::awaitable<void> prepare(batch_run& run) override
    {
        if constexpr (decoder::prepares)
            co_await decoder_.prepare(run.current(), run);
        co_return;
    }

private:
    // The record that hooks see, reused from record to record so that decoded values keep their memory.
    struct raw_slots
    {
        record_view view;

        void show(record_view const& next) noexcept { view = next; }
        [[nodiscard]] bool tombstone_now() const noexcept { return view.is_tombstone(); }
        record_view& as_record() noexcept { return view; }
        record_view& as_tombstone() noexcept { return view; }
        [[nodiscard]] record_view const& as_view() const noexcept { return view; }
    };
    struct typed_slots
    {
        R typed;

        void show(record_view const& next) noexcept { static_cast<record_view&>(typed) = next; }
        [[nodiscard]] bool tombstone_now() const noexcept { return typed.is_tombstone(); }
        R& as_record() noexcept { return typed; }
        T& as_tombstone() noexcept { return typed; }
        [[nodiscard]] record_view const& as_view() const noexcept { return typed; }
    };
    using record_slots = std::conditional_t<decodes<ValueSerde>, typed_slots, raw_slots>;

    static record_slots slots_for(record_view const& first)
    {
        if constexpr (decodes<ValueSerde>)
            return record_slots{R{first}};
        else
            return record_slots{first};
    }

    static batch_end end_of(error_action::kind verdict) noexcept
    {
        return verdict == error_action::kind::retry ? batch_end::again : batch_end::failed;
    }

    // The whole life of one record, without a coroutine: what becomes of it.
    template <class Times>
    error_action::kind handle(batch_run& run, record_slots& slots, Times&& times)
    {
        auto failed = failed_hook{};
        auto context = std::optional<C>{};
        slots.show(run.current());
        try
        {
            if constexpr (hooks::define_context::fits)
                times.next(hook::define_context);
            define(context, slots);
            decode(slots, failed, times);
            if (slots.tombstone_now())
            {
                failed.where = hook::did_receive_message;
                if constexpr (hooks::did_receive_tombstone::fits)
                    times.next(hook::did_receive_message);
                call_did_receive_tombstone(slots, context);
                failed.where = hook::on_tombstone;
                if constexpr (hooks::on_tombstone::fits)
                    times.next(hook::on_tombstone);
                call_on_tombstone(slots, context);
            }
            else
            {
                failed.where = hook::did_receive_message;
                if constexpr (hooks::did_receive_message::fits)
                    times.next(hook::did_receive_message);
                call_did_receive_message(slots, context);
                failed.where = hook::on_message;
                times.next(hook::on_message);
                call_on_message(slots, context);
            }
        }
        catch (...)
        {
            failed.error = std::current_exception();
        }
        if constexpr (decoder::prepares)
            decoder_.end_record();
        times.stop();
        auto verdict = error_action::kind::skip;
        if (failed.error) [[unlikely]]
            verdict = failures_.decide(run, failed, context);
        if constexpr (hooks::on_finished_handling::fits)
            if (finishes(context))
                verdict = stricter(verdict, finish(run, slots, context, failed, times));
        return verdict;
    }

    error_action::kind handle_timed(batch_run& run, record_slots& slots)
    {
        auto times = stopwatch{run, run.begin_timing()};
        auto const verdict = handle(run, slots, times);
        run.timed(times.sum());
        return verdict;
    }

    template <class Times>
    error_action::kind finish(batch_run& run, record_slots& slots, std::optional<C>& context, failed_hook const& failed,
                              Times& times)
    {
        auto finishing = failed_hook{hook::on_finished_handling};
        times.next(hook::on_finished_handling);
        try
        {
            call_on_finished_handling(slots, context, failed);
            times.stop();
            return error_action::kind::skip;
        }
        catch (...)
        {
            finishing.error = std::current_exception();
        }
        times.stop();
        return failures_.decide(run, finishing, context);
    }

    void define(std::optional<C>& context, record_slots& slots)
    {
        if constexpr (hooks::define_context::fits)
            context.emplace(call_define_context(slots));
        else
            context.emplace();
    }

    // Key and value count as one.
    template <class Times>
    void decode(record_slots& slots, failed_hook& failed, Times& times)
    {
        if constexpr (decodes<KeySerde> || decodes<ValueSerde>)
            times.next(hook::decode_value);
        decoder_.forget();
        decoder_.decode(slots.as_record(), failed.where);
    }

    static bool finishes(std::optional<C> const& context) noexcept
    {
        return hooks::on_finished_handling::fits && context.has_value();
    }

    decltype(auto) call_define_context(record_slots& slots)
    {
        return hooks::define_context::call(handler_, std::tuple<record_view const&>{slots.as_view()});
    }

    decltype(auto) call_did_receive_message(record_slots& slots, std::optional<C>& context)
    {
        if constexpr (hooks::did_receive_message::fits)
            return hooks::did_receive_message::call(handler_, std::tuple<R&, C&>{slots.as_record(), *context});
    }

    decltype(auto) call_did_receive_tombstone(record_slots& slots, std::optional<C>& context)
    {
        if constexpr (hooks::did_receive_tombstone::fits)
            return hooks::did_receive_tombstone::call(handler_, std::tuple<T&, C&>{slots.as_tombstone(), *context});
    }

    decltype(auto) call_on_message(record_slots& slots, std::optional<C>& context)
    {
        return hooks::on_message::call(handler_, std::tuple<R const&, C&>{slots.as_record(), *context});
    }

    decltype(auto) call_on_tombstone(record_slots& slots, std::optional<C>& context)
    {
        if constexpr (hooks::on_tombstone::fits)
            return hooks::on_tombstone::call(handler_, std::tuple<T const&, C&>{slots.as_tombstone(), *context});
    }

    decltype(auto) call_on_finished_handling(record_slots& slots, std::optional<C>& context, failed_hook const& failed)
    {
        if constexpr (hooks::on_finished_handling::fits)
            return hooks::on_finished_handling::call(
                handler_, std::tuple<record_view const&, C&, outcome, std::span<R const>>{
                              slots.as_view(), *context, failed.error ? outcome::failed : outcome::handled,
                              std::span<R const>{&slots.as_record(), 1}});
    }

    struct no_bulk
    {
        no_bulk(H&, decoder&) {}
        static boost::asio::awaitable<batch_end> run() { co_return batch_end::left; }
    };
    using bulk_part =
        typename std::conditional_t<hooks::on_bulk::fits, std::type_identity<bulk_adapter<H, KeySerde, ValueSerde>>,
                                    std::type_identity<no_bulk>>::type;

    H& handler_;
    decoder decoder_;
    failures failures_;
    [[no_unique_address]] bulk_part bulk_;
};

} // namespace paperboy::detail

#pragma once

#include <paperboy/detail/batch_run.hpp>
#include <paperboy/detail/hook_set.hpp>
#include <paperboy/serde.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace paperboy::detail
{

// Stands for "no serde: the bytes as they are".
struct no_serde
{
};

template <class Serde>
inline constexpr bool decodes = !std::is_same_v<Serde, no_serde>;

// The types that hooks see for a pair of serdes.
template <class KeySerde, class ValueSerde>
struct record_types
{
    static_assert(!decodes<KeySerde> || decodes<ValueSerde>, "a key serde comes with a value serde");

    static auto record_type()
    {
        if constexpr (!decodes<ValueSerde>)
            return std::type_identity<record_view>{};
        else if constexpr (!decodes<KeySerde>)
            return std::type_identity<paperboy::record<typename ValueSerde::value_type>>{};
        else
            return std::type_identity<
                paperboy::record<typename KeySerde::value_type, typename ValueSerde::value_type>>{};
    }
    static auto tombstone_type()
    {
        if constexpr (decodes<KeySerde>)
            return std::type_identity<keyed_record<typename KeySerde::value_type>>{};
        else
            return std::type_identity<record_view>{};
    }
    using record = typename decltype(record_type())::type;
    using tombstone = typename decltype(tombstone_type())::type;
};

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

public:
    handler_adapter(H& handler, KeySerde key_serde, ValueSerde value_serde)
        : handler_{handler}, key_serde_{std::move(key_serde)}, value_serde_{std::move(value_serde)}
    {
    }

    [[nodiscard]] bool asynchronous() const noexcept override { return hooks::asynchronous; }

    batch_end run(batch_run& run) override
    {
        if constexpr (!hooks::asynchronous)
        {
            if (!run.more())
                return batch_end::left;
            auto slots = slots_for(run.current());
            while (run.more())
            {
                if (handle(run, slots) == error_action::fail)
                    return batch_end::failed;
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
            while (run.more())
            {
                auto failed = failed_hook{};
                auto context = std::optional<C>{};
                slots.show(run.current());
                try
                {
                    failed.where = hook::define_context;
                    if constexpr (hooks::define_context::awaitable)
                        context.emplace(co_await call_define_context(slots));
                    else
                        define(context, slots);
                    decode(slots, failed);
                    if (slots.tombstone_now())
                    {
                        failed.where = hook::did_receive_message;
                        if constexpr (hooks::did_receive_tombstone::awaitable)
                            co_await call_did_receive_tombstone(slots, context);
                        else
                            call_did_receive_tombstone(slots, context);
                        failed.where = hook::on_tombstone;
                        if constexpr (hooks::on_tombstone::awaitable)
                            co_await call_on_tombstone(slots, context);
                        else
                            call_on_tombstone(slots, context);
                    }
                    else
                    {
                        failed.where = hook::did_receive_message;
                        if constexpr (hooks::did_receive_message::awaitable)
                            co_await call_did_receive_message(slots, context);
                        else
                            call_did_receive_message(slots, context);
                        failed.where = hook::on_message;
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
                if (run.cancelled())
                    co_return batch_end::cancelled;
                auto action = error_action::skip;
                if (failed.error)
                {
                    if constexpr (hooks::on_error::awaitable)
                        action = co_await decide_async(run, failed, context);
                    else
                        action = decide(run, failed, context);
                }
                if (finishes(context))
                {
                    auto finishing = failed_hook{hook::on_finished_handling};
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
                    if (finishing.error)
                    {
                        auto verdict = error_action::fail;
                        if constexpr (hooks::on_error::awaitable)
                            verdict = co_await decide_async(run, finishing, context);
                        else
                            verdict = decide(run, finishing, context);
                        if (verdict == error_action::fail)
                            action = error_action::fail;
                    }
                }
                if (run.cancelled())
                    co_return batch_end::cancelled;
                if (action == error_action::fail)
                    co_return batch_end::failed;
                run.finish();
            }
        }
        co_return batch_end::left;
    }

private:
    // Where in a record's life an exception was thrown.
    struct failed_hook
    {
        hook where = hook::define_context;
        std::exception_ptr error{};
    };

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

    // The whole life of one record, without a coroutine: `fail` when the engine has to stop in front of it.
    error_action handle(batch_run& run, record_slots& slots)
    {
        auto failed = failed_hook{};
        auto context = std::optional<C>{};
        slots.show(run.current());
        try
        {
            define(context, slots);
            decode(slots, failed);
            if (slots.tombstone_now())
            {
                failed.where = hook::did_receive_message;
                call_did_receive_tombstone(slots, context);
                failed.where = hook::on_tombstone;
                call_on_tombstone(slots, context);
            }
            else
            {
                failed.where = hook::did_receive_message;
                call_did_receive_message(slots, context);
                failed.where = hook::on_message;
                call_on_message(slots, context);
            }
        }
        catch (...)
        {
            failed.error = std::current_exception();
        }
        auto action = error_action::skip;
        if (failed.error) [[unlikely]]
            action = decide(run, failed, context);
        if constexpr (hooks::on_finished_handling::fits)
            if (finishes(context) && finish(run, slots, context, failed) == error_action::fail)
                action = error_action::fail;
        return action;
    }

    error_action finish(batch_run& run, record_slots& slots, std::optional<C>& context, failed_hook const& failed)
    {
        auto finishing = failed_hook{hook::on_finished_handling};
        try
        {
            call_on_finished_handling(slots, context, failed);
            return error_action::skip;
        }
        catch (...)
        {
            finishing.error = std::current_exception();
        }
        return decide(run, finishing, context);
    }

    void define(std::optional<C>& context, record_slots& slots)
    {
        if constexpr (hooks::define_context::fits)
            context.emplace(call_define_context(slots));
        else
            context.emplace();
    }

    void decode(record_slots& slots, failed_hook& failed)
    {
        if constexpr (decodes<KeySerde>)
        {
            failed.where = hook::decode_key;
            auto& key = slots.as_record().key();
            if (slots.as_view().has_key())
                key_serde_.decode(slots.as_view().key_bytes(), key ? *key : key.emplace());
            else
                key.reset();
        }
        if constexpr (decodes<ValueSerde>)
        {
            failed.where = hook::decode_value;
            if (!slots.tombstone_now())
                value_serde_.decode(slots.as_view().value_bytes(), slots.as_record().value());
        }
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
                handler_, std::tuple<record_view const&, C&, outcome>{
                              slots.as_view(), *context, failed.error ? outcome::failed : outcome::handled});
    }

    // Asks on_error what becomes of the record and reports it; an on_error that fails itself means `fail`.
    error_action decide(batch_run& run, failed_hook const& failed, std::optional<C>& context)
    {
        auto action = error_action::fail;
        if constexpr (hooks::on_error::fits && !hooks::on_error::awaitable)
        {
            try
            {
                action = call_on_error(run.current(), failed, context);
            }
            catch (...)
            {
                run.report(hook::on_error, std::current_exception(), error_action::fail);
            }
        }
        run.report(failed.where, failed.error, action);
        return action;
    }

    boost::asio::awaitable<error_action> decide_async(batch_run& run, failed_hook const& failed,
                                                      std::optional<C>& context)
    {
        auto action = error_action::fail;
        auto own_failure = std::exception_ptr{};
        auto const view = run.current();
        try
        {
            action = co_await call_on_error(view, failed, context);
        }
        catch (...)
        {
            own_failure = std::current_exception();
        }
        if (run.cancelled())
            co_return error_action::fail;
        if (own_failure)
            run.report(hook::on_error, own_failure, error_action::fail);
        run.report(failed.where, failed.error, action);
        co_return action;
    }

    decltype(auto) call_on_error(record_view const& view, failed_hook const& failed, std::optional<C>& context)
    {
        return hooks::on_error::call(handler_, std::tuple<std::exception_ptr, record_view const&, C*>{
                                                   failed.error, view, context ? &*context : nullptr});
    }

    H& handler_;
    [[no_unique_address]] KeySerde key_serde_;
    [[no_unique_address]] ValueSerde value_serde_;
};

} // namespace paperboy::detail

#pragma once

#include <paperboy/detail/hooks.hpp>
#include <paperboy/handler.hpp>
#include <paperboy/record.hpp>

#include <exception>
#include <span>
#include <tuple>
#include <type_traits>
#include <vector>

namespace paperboy::detail
{

// The type that define_context returns; no_context without that hook.
template <class H>
struct context_of
{
    static constexpr bool present = define_context_hook::present<H>();
    using list = typename first_fit<define_context_hook, H, arguments<record_view const&>, arguments<>>::type;
    static_assert(!present || !std::is_same_v<list, none>,
                  "paperboy: define_context takes nothing or a record_view const&");

    static auto deduce()
    {
        if constexpr (std::is_same_v<list, none>)
            return std::type_identity<no_context>{};
        else
            return std::type_identity<
                typename unwrapped<typename list::template result<define_context_hook, H>>::type>{};
    }
    using type = typename decltype(deduce())::type;
    static_assert(std::is_object_v<type>,
                  "paperboy: define_context returns the context by value, or an awaitable of it");
};

// Which hooks handler H has for records of type R and tombstones of type T, with what arguments each is called and
// whether it is awaitable. Wrong signatures end here, in a sentence.
template <class H, class R, class T>
struct hook_set
{
    using context_traits = context_of<H>;
    using C = typename context_traits::type;

    template <class Hook, class... Lists>
    struct choice
    {
        static constexpr bool present = Hook::template present<H>();
        using list = typename first_fit<Hook, H, Lists...>::type;
        static constexpr bool fits = !std::is_same_v<list, none>;

        static auto deduce()
        {
            if constexpr (fits)
                return std::type_identity<typename list::template result<Hook, H>>{};
            else
                return std::type_identity<void>{};
        }
        using result = typename decltype(deduce())::type;
        static constexpr bool awaitable = is_awaitable<result>;
        static constexpr bool returns_nothing = std::is_void_v<typename unwrapped<result>::type>;

        // Calls the hook with those of the available arguments that it takes.
        template <class... Available>
        static result call(H& handler, std::tuple<Available...> available)
        {
            return spread(handler, available, list{});
        }

    private:
        template <class Tuple, class... Args>
        static result spread(H& handler, Tuple& available, arguments<Args...>)
        {
            return Hook::call(handler, std::get<Args>(available)...);
        }
    };

    using define_context = choice<define_context_hook, arguments<record_view const&>, arguments<>>;
    using did_receive_message = choice<did_receive_message_hook, arguments<R&, C&>, arguments<R&>>;
    using did_receive_tombstone = choice<did_receive_message_hook, arguments<T&, C&>, arguments<T&>>;
    using on_message = choice<on_message_hook, arguments<R const&, C&>, arguments<R const&>>;
    using on_tombstone = choice<on_tombstone_hook, arguments<T const&, C&>, arguments<T const&>>;
    using on_error = choice<on_error_hook, arguments<std::exception_ptr, record_view const&, C*>,
                            arguments<std::exception_ptr, record_view const&>, arguments<std::exception_ptr>>;
    using B = std::vector<R>;
    using S = std::span<R const>;
    // A bulk handler may have only the forms for bulks; then a single record comes as a span of one.
    using on_finished_handling =
        choice<on_finished_handling_hook, arguments<record_view const&, C&, outcome>, arguments<record_view const&, C&>,
               arguments<C&, outcome>, arguments<C&>, arguments<record_view const&, outcome>,
               arguments<record_view const&>, arguments<outcome>, arguments<>, arguments<S, C&, outcome>,
               arguments<S, C&>, arguments<S, outcome>, arguments<S>>;
    using did_receive_bulk_messages = choice<did_receive_bulk_messages_hook, arguments<B&, C&>, arguments<B&>>;
    using on_bulk = choice<on_bulk_hook, arguments<S, C&>, arguments<S>>;
    using on_bulk_error = choice<on_bulk_error_hook, arguments<std::exception_ptr, S, C*>,
                                 arguments<std::exception_ptr, S>, arguments<std::exception_ptr>>;
    using on_finished_bulk =
        choice<on_finished_handling_hook, arguments<S, C&, outcome>, arguments<S, C&>, arguments<S, outcome>,
               arguments<S>, arguments<C&, outcome>, arguments<C&>, arguments<outcome>, arguments<>>;

    static constexpr bool asynchronous =
        define_context::awaitable || did_receive_message::awaitable || did_receive_tombstone::awaitable ||
        on_message::awaitable || on_tombstone::awaitable || on_error::awaitable || on_finished_handling::awaitable;

    // did_receive_message fits when it accepts records, or tombstones, or both.
    static constexpr bool did_receive_fits = did_receive_message::fits || did_receive_tombstone::fits;

    // Clang tells of the first that fails only, so the more special one comes before.
    static_assert(!on_bulk::present || on_message::present || on_message::fits,
                  "paperboy: a bulk handler also needs on_message, which gets the records one by one while the "
                  "partition is caught up");
    // A final class hides the name of a template or an overloaded hook from `present`.
    static_assert(on_message::present || on_message::fits,
                  "paperboy: a handler needs on_message(record) or on_message(record, context)");
    static_assert(!on_message::present || on_message::fits,
                  "paperboy: on_message takes the topic's record type by const reference (record_view for raw bytes, "
                  "record<V> or record<K, V> with serdes, V and K being the serdes' value_type), then, with "
                  "define_context, the context by reference");
    static_assert(!on_message::fits || on_message::returns_nothing,
                  "paperboy: on_message returns void or boost::asio::awaitable<void>");
    static_assert(
        !did_receive_message::present || did_receive_fits,
        "paperboy: did_receive_message takes the topic's record type by reference, then, with define_context, "
        "the context by reference");
    // A view may be copied, for it cannot be changed: what is lost are changes of decoded keys and values.
    static_assert(
        std::is_same_v<R, record_view> || !did_receive_message_hook::template copies<H, R>(),
        "paperboy: did_receive_message takes the topic's record type by reference: changes of a copy are lost");
    static_assert(!did_receive_bulk_messages_hook::template copies<H, B>(),
                  "paperboy: did_receive_bulk_messages takes std::vector<R>& by reference: changes of a copy are lost");
    static_assert(did_receive_message::returns_nothing && did_receive_tombstone::returns_nothing,
                  "paperboy: did_receive_message returns void or boost::asio::awaitable<void>");
    static_assert(!on_tombstone::present || on_tombstone::fits,
                  "paperboy: on_tombstone takes record_view const& (keyed_record<K> const& when the key has a serde), "
                  "then, with define_context, the context by reference");
    static_assert(on_tombstone::returns_nothing, "paperboy: on_tombstone returns void or boost::asio::awaitable<void>");
    static_assert(!on_error::present || on_error::fits,
                  "paperboy: on_error takes std::exception_ptr, then record_view const&, then the context as a pointer "
                  "(null when define_context itself failed)");
    static_assert(
        !on_error::fits || std::is_same_v<typename unwrapped<typename on_error::result>::type, error_action>,
        "paperboy: on_error returns paperboy::error_action or boost::asio::awaitable<paperboy::error_action>");
    static_assert(!on_finished_handling::present || on_finished_handling::fits,
                  "paperboy: on_finished_handling takes any of record_view const&, the context by reference, "
                  "paperboy::outcome, in this order");
    static_assert(!on_bulk::present || on_bulk::fits,
                  "paperboy: on_bulk takes std::span<R const>, R being the topic's record type (record_view for raw "
                  "bytes, record<V> or record<K, V> with serdes), then, with define_context, the context by reference");
    static_assert(on_bulk::returns_nothing, "paperboy: on_bulk returns void or boost::asio::awaitable<void>");
    static_assert(!did_receive_bulk_messages::present || did_receive_bulk_messages::fits,
                  "paperboy: did_receive_bulk_messages takes std::vector<R>&, R being the topic's record type, then, "
                  "with define_context, the context by reference");
    static_assert(did_receive_bulk_messages::returns_nothing,
                  "paperboy: did_receive_bulk_messages returns void or boost::asio::awaitable<void>");
    static_assert(!on_bulk_error::present || on_bulk_error::fits,
                  "paperboy: on_bulk_error takes std::exception_ptr, then std::span<R const>, then the context as a "
                  "pointer (null when define_context itself failed)");
    static_assert(!on_bulk_error::fits ||
                      std::is_same_v<typename unwrapped<typename on_bulk_error::result>::type, error_action>,
                  "paperboy: on_bulk_error returns paperboy::error_action or "
                  "boost::asio::awaitable<paperboy::error_action>");
    static_assert(on_bulk::present || on_bulk::fits || (!did_receive_bulk_messages::present && !on_bulk_error::present),
                  "paperboy: did_receive_bulk_messages and on_bulk_error come with on_bulk");
    static_assert(on_finished_handling::returns_nothing,
                  "paperboy: on_finished_handling returns void or boost::asio::awaitable<void>");
};

} // namespace paperboy::detail

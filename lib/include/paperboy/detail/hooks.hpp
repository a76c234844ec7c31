#pragma once

#include <paperboy/error.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

// Finds a handler's hooks by name: whether there is one of that name, and whether it can be called with given
// arguments. Each hook is a type with the same members, so that what follows from them is written once.
namespace paperboy::detail
{

// Deriving from a class and from a probe with the same member name makes the name ambiguous, whatever its overloads.
template <class H, class Probe>
struct name_clash : H, Probe
{
};

template <class H>
concept probeable = std::is_class_v<H> && !std::is_final_v<H>;

// Whether a function, which is neither overloaded nor a template, takes an A by value.
template <class A, class F>
inline constexpr bool takes_by_value = false;
template <class A, class Return, class... Args>
inline constexpr bool takes_by_value<A, Return (*)(Args...)> = (std::is_same_v<Args, A> || ...);
template <class A, class Return, class... Args>
inline constexpr bool takes_by_value<A, Return (*)(Args...) noexcept> = (std::is_same_v<Args, A> || ...);
template <class A, class H, class Return, class... Args>
inline constexpr bool takes_by_value<A, Return (H::*)(Args...)> = (std::is_same_v<Args, A> || ...);
template <class A, class H, class Return, class... Args>
inline constexpr bool takes_by_value<A, Return (H::*)(Args...) noexcept> = (std::is_same_v<Args, A> || ...);
template <class A, class H, class Return, class... Args>
inline constexpr bool takes_by_value<A, Return (H::*)(Args...) const> = (std::is_same_v<Args, A> || ...);
template <class A, class H, class Return, class... Args>
inline constexpr bool takes_by_value<A, Return (H::*)(Args...) const noexcept> = (std::is_same_v<Args, A> || ...);

// NOLINTBEGIN(bugprone-macro-parentheses): names cannot be in parentheses
#define PAPERBOY_DETAIL_HOOK(NAME)                                                                                     \
    struct NAME##_hook                                                                                                 \
    {                                                                                                                  \
        static constexpr hook id = hook::NAME;                                                                         \
                                                                                                                       \
        struct probe                                                                                                   \
        {                                                                                                              \
            int NAME;                                                                                                  \
        };                                                                                                             \
                                                                                                                       \
        template <class H>                                                                                             \
        static constexpr bool addressable = requires { &H::NAME; };                                                    \
                                                                                                                       \
        template <class H>                                                                                             \
        static constexpr bool present()                                                                                \
        {                                                                                                              \
            if constexpr (addressable<H>)                                                                              \
                return true;                                                                                           \
            else if constexpr (probeable<H>)                                                                           \
                return !requires { &name_clash<H, probe>::NAME; };                                                     \
            else                                                                                                       \
                return false;                                                                                          \
        }                                                                                                              \
                                                                                                                       \
        /* Whether the hook takes an A by value: false where that cannot be told. */                                   \
        template <class H, class A>                                                                                    \
        static constexpr bool copies()                                                                                 \
        {                                                                                                              \
            if constexpr (addressable<H>)                                                                              \
                return takes_by_value<A, decltype(&H::NAME)>;                                                          \
            else                                                                                                       \
                return false;                                                                                          \
        }                                                                                                              \
                                                                                                                       \
        template <class H, class... Args>                                                                              \
        static constexpr bool callable =                                                                               \
            requires(H& handler, Args&&... args) { handler.NAME(std::forward<Args>(args)...); };                       \
                                                                                                                       \
        template <class H, class... Args>                                                                              \
        static decltype(auto) call(H& handler, Args&&... args)                                                         \
        {                                                                                                              \
            return handler.NAME(std::forward<Args>(args)...);                                                          \
        }                                                                                                              \
    }

PAPERBOY_DETAIL_HOOK(define_context);
PAPERBOY_DETAIL_HOOK(did_receive_message);
PAPERBOY_DETAIL_HOOK(on_message);
PAPERBOY_DETAIL_HOOK(on_tombstone);
PAPERBOY_DETAIL_HOOK(on_error);
PAPERBOY_DETAIL_HOOK(on_finished_handling);
PAPERBOY_DETAIL_HOOK(did_receive_bulk_messages);
PAPERBOY_DETAIL_HOOK(on_bulk);
PAPERBOY_DETAIL_HOOK(on_bulk_error);

#undef PAPERBOY_DETAIL_HOOK
// NOLINTEND(bugprone-macro-parentheses)

// What a hook may return, with or without an awaitable around it.
template <class T>
struct unwrapped
{
    using type = T;
    static constexpr bool awaitable = false;
};
template <class T>
struct unwrapped<boost::asio::awaitable<T>>
{
    using type = T;
    static constexpr bool awaitable = true;
};
template <class T>
inline constexpr bool is_awaitable = unwrapped<std::remove_cvref_t<T>>::awaitable;

// Stands for the context of a handler without define_context.
struct no_context
{
};

// A list of argument types that a hook may be called with.
template <class... Args>
struct arguments
{
    template <class Hook, class H>
    static constexpr bool fit = Hook::template callable<H, Args...>;

    template <class Hook, class H>
    using result = decltype(Hook::call(std::declval<H&>(), std::declval<Args>()...));
};

// The first of several argument lists that a hook accepts; `none` when it accepts none of them.
struct none
{
};
template <class Hook, class H, class... Lists>
struct first_fit
{
    using type = none;
};
template <class Hook, class H, class List, class... Rest>
struct first_fit<Hook, H, List, Rest...>
{
    using type = typename std::conditional_t<List::template fit<Hook, H>, std::type_identity<List>,
                                             first_fit<Hook, H, Rest...>>::type;
};

} // namespace paperboy::detail

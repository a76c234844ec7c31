#pragma once

#include <paperboy/handler.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace paperboy::test
{

// Lets other work of the executor run: a hook that really waits.
inline boost::asio::awaitable<void> turn()
{
    auto const executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

// Type-erased: g++ warns of coroutines whose frame holds a lambda of another file.
template <class T>
boost::asio::awaitable<T> after_a_turn(std::function<T()> work)
{
    co_await turn();
    co_return work();
}

// How a test's hooks return: plainly, or through an awaitable that waits first.
struct plain_hooks
{
    template <class F>
    static std::invoke_result_t<F> run(F work)
    {
        return work();
    }
};
struct awaitable_hooks
{
    template <class F>
    static boost::asio::awaitable<std::invoke_result_t<F>> run(F work)
    {
        return after_a_turn(std::function<std::invoke_result_t<F>()>{std::move(work)});
    }
};

// The calls that a handler has seen, in order.
using journal = std::vector<std::string>;

inline journal operator+(journal left, journal const& right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

} // namespace paperboy::test

// Hooks that wait for something slow, many at a time: different keys of a partition overlap, each key's records stay in
// order, and nothing is committed before everything in front of it is finished.
//
//     ./04_key_ordering localhost:9092 my-group my-topic

#include "support/run_until.hpp"

#include <paperboy/paperboy.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <map>
#include <string>

namespace asio = boost::asio;

// Each payment of an account takes a millisecond at the bank, and must not overtake an earlier one.
class payment_handler
{
public:
    explicit payment_handler(std::size_t& payments) : payments_{payments} {}

    asio::awaitable<void> on_message(paperboy::record_view const& payment)
    {
        most_at_once_ = std::max(most_at_once_, ++at_once_);
        co_await ask_the_bank();
        --at_once_;
        auto& last = last_of_account_.try_emplace(std::string{payment.key()}, -1).first->second;
        if (payment.offset() < last)
            throw std::logic_error{"a payment has overtaken another of its account"};
        last = payment.offset();
        if (++payments_ % 10'000 == 0)
            std::cout << payments_ << " payments of " << last_of_account_.size() << " accounts, " << most_at_once_
                      << " at once" << std::endl;
    }

private:
    static asio::awaitable<void> ask_the_bank()
    {
        auto answer = asio::steady_timer{co_await asio::this_coro::executor, std::chrono::milliseconds{1}};
        co_await answer.async_wait(asio::use_awaitable);
    }

    std::size_t& payments_;
    std::size_t at_once_ = 0;
    std::size_t most_at_once_ = 0;
    std::map<std::string, std::int64_t> last_of_account_;
};

int main(int argc, char** argv)
try
{
    if (argc != 4)
    {
        std::cerr << "usage: 04_key_ordering BOOTSTRAP_SERVERS GROUP TOPIC\n";
        return 2;
    }

    auto payments = std::size_t{0};
    auto options = paperboy::handler_options{};
    options.ordering = paperboy::ordering::key;
    options.max_concurrency = 256;

    // One thread runs the io_context, so the handler that all partitions share needs no lock.
    asio::io_context context;
    paperboy::engine engine{context, {.bootstrap_servers = argv[1], .group_id = argv[2]}};
    engine.handle(argv[3], payment_handler{payments}, options);
    auto const status = examples::run_until_signal(context, engine);
    std::cout << payments << " payments\n";
    return status;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}

#include "run_until.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <csignal>
#include <functional>
#include <iostream>
#include <thread>
#include <vector>

namespace examples
{

using namespace std::chrono_literals;

namespace
{

int status_of(paperboy::engine const& engine, paperboy::error_code result)
{
    if (result)
        std::cerr << "stopped: " << engine.last_failure().text << '\n';
    return result ? 1 : 0;
}

} // namespace

int run_until(boost::asio::io_context& context, paperboy::engine& engine, std::uint64_t records, unsigned threads)
{
    auto const strand = boost::asio::make_strand(context.get_executor());
    auto timer = boost::asio::steady_timer{strand};
    auto result = paperboy::error_code{};
    auto ended = [&](paperboy::error_code error)
    {
        result = error;
        timer.cancel();
    };
    engine.async_run(boost::asio::bind_executor(strand, ended));
    std::function<void(paperboy::error_code)> look = [&](paperboy::error_code error)
    {
        if (error)
            return;
        if (engine.stats().records >= records)
            return engine.stop();
        timer.expires_after(20ms);
        timer.async_wait(look);
    };
    boost::asio::post(strand, [&] { look({}); });

    // The executor's threads are the program's: this one, and as many others as it likes.
    auto others = std::vector<std::jthread>{};
    while (others.size() + 1 < threads)
        others.emplace_back([&] { context.run(); });
    context.run();
    others.clear();
    return status_of(engine, result);
}

int run_until_signal(boost::asio::io_context& context, paperboy::engine& engine)
{
    auto signals = boost::asio::signal_set{context, SIGINT, SIGTERM};
    signals.async_wait(
        [&](auto error, int)
        {
            if (!error)
                engine.stop();
        });
    auto result = paperboy::error_code{};
    engine.async_run(
        [&](paperboy::error_code error)
        {
            result = error;
            signals.cancel();
        });
    context.run();
    return status_of(engine, result);
}

paperboy::config mock_config(std::string const& bootstrap_servers)
{
    auto settings = paperboy::config{};
    settings.bootstrap_servers = bootstrap_servers;
    settings.group_id = "example";
    settings.log = paperboy::logger{paperboy::log_level::warning};
    // The mock cluster does not know the request that the engine's default needs, and librdkafka would warn of it.
    settings.properties = {{"allow.auto.create.topics", "true"}};
    return settings;
}

} // namespace examples

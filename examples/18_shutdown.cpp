// The end of a service: SIGTERM finishes the current record, commits and leaves the group; a second one does not wait.
//
//     ./18_shutdown 500       each record takes so many milliseconds

#include "support/run_until.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace asio = boost::asio;

namespace
{

struct slow_handler
{
    std::chrono::milliseconds time;

    asio::awaitable<void> on_message(paperboy::record_view const& record) const
    {
        std::cout << "begins " << record.value() << std::endl;
        auto timer = asio::steady_timer{co_await asio::this_coro::executor, time};
        co_await timer.async_wait(asio::use_awaitable);
        std::cout << "ends " << record.value() << std::endl;
    }
};

// The first signal asks for a clean end: no further record begins, and config::shutdown_timeout bounds the wait.
// The second cancels the run: hooks are cancelled, and what is not committed comes again in the next run.
class two_signals
{
public:
    two_signals(asio::io_context& context, paperboy::engine& engine)
        : engine_{engine}, signals_{context, SIGINT, SIGTERM}
    {
        wait();
    }

    [[nodiscard]] asio::cancellation_slot slot() noexcept { return hard_.slot(); }

    // Whoever waits for signals keeps the io_context busy.
    void forget() { signals_.cancel(); }

private:
    void wait()
    {
        signals_.async_wait(
            [this](paperboy::error_code error, int)
            {
                if (error)
                    return;
                if (std::exchange(asked_, true))
                    return hard_.emit(asio::cancellation_type::terminal);
                std::cout << "stopping" << std::endl;
                engine_.stop();
                wait();
            });
    }

    paperboy::engine& engine_;
    asio::signal_set signals_;
    asio::cancellation_signal hard_;
    bool asked_ = false;
};

} // namespace

int main(int argc, char** argv)
try
{
    auto const time = std::chrono::milliseconds{argc == 2 ? std::stoi(argv[1]) : 500};
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("work", 1);
    for (auto i = 0; i < 1000; ++i)
        cluster.produce("work", {.value = std::to_string(i)});

    asio::io_context context;
    paperboy::engine engine{context, examples::mock_config(cluster.bootstrap_servers())};
    engine.handle("work", slow_handler{time});
    two_signals signals{context, engine};
    auto result = paperboy::error_code{};
    auto ended = [&](paperboy::error_code error)
    {
        result = error;
        signals.forget();
    };
    engine.async_run(asio::bind_cancellation_slot(signals.slot(), ended));
    context.run();

    std::cout << "ended: " << result.message() << std::endl;
    return result ? 1 : 0;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}

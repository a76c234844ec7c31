// In production: metrics for Prometheus, probes for Kubernetes, and a page that shows the engine live.
//
//     ./19_operations [--port PORT] [--seconds SECONDS]     on a mock cluster with some traffic; then open what it says
//
// /metrics, /livez, /readyz, /startupz, /status and the page at / are served from the engine's own io_context.

#include "support/run_until.hpp"

#include <paperboy/http.hpp>
#include <paperboy/metrics.hpp>
#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace
{

using namespace std::chrono_literals;

// Slow enough to lag behind what is produced, now and then.
struct order_handler
{
    boost::asio::awaitable<void> on_message(paperboy::record_view const& order)
    {
        if (order.offset() % 500 == 499)
            throw std::runtime_error{"not this one"};
        auto pause = boost::asio::steady_timer{co_await boost::asio::this_coro::executor, 2ms};
        co_await pause.async_wait(boost::asio::use_awaitable);
    }

    paperboy::error_action on_error(std::exception_ptr const&) { return paperboy::error_action::skip; }
};

// A few orders every 20 ms, more of them at times.
class traffic
{
public:
    traffic(paperboy::mock_cluster& cluster, boost::asio::io_context& context) : cluster_{cluster}, timer_{context} {}

    void start()
    {
        auto const count = ++ticks_ % 500 < 150 ? 24 : 6;
        for (auto i = 0; i < count; ++i)
            cluster_.produce("orders", {.value = "two lamps", .partition = ++next_ % 4});
        timer_.expires_after(20ms);
        timer_.async_wait(
            [this](paperboy::error_code error)
            {
                if (!error)
                    start();
            });
    }

    void stop() { timer_.cancel(); }

private:
    paperboy::mock_cluster& cluster_;
    boost::asio::steady_timer timer_;
    int ticks_ = 0;
    std::int32_t next_ = 0;
};

int number_behind(std::string_view option, int otherwise, int argc, char** argv)
{
    for (auto i = 1; i + 1 < argc; ++i)
        if (argv[i] == option)
            return std::atoi(argv[i + 1]);
    return otherwise;
}

} // namespace

int main(int argc, char** argv)
try
{
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("orders", 4);

    boost::asio::io_context context;
    auto settings = examples::mock_config(cluster.bootstrap_servers());
    settings.group_id = "billing";
    settings.log = paperboy::logger{paperboy::log_level::error};
    paperboy::engine engine{context, std::move(settings)};
    engine.handle("orders", order_handler{});

    // Everything that looks at the engine does so through a monitor, which may outlive it.
    auto const monitor = paperboy::engine_monitor{engine};
    auto const numbers = paperboy::metrics{monitor};
    auto const port = static_cast<std::uint16_t>(number_behind("--port", 0, argc, argv));
    auto server = paperboy::http_endpoints{context, monitor, {.port = port}};
    server.mount("/metrics", std::string{paperboy::metrics::content_type}, [&] { return numbers.text(); });
    std::cout << "listening on http://127.0.0.1:" << server.port() << std::endl;

    auto orders = traffic{cluster, context};
    orders.start();
    auto signals = boost::asio::signal_set{context, SIGINT, SIGTERM};
    auto deadline =
        boost::asio::steady_timer{context, std::chrono::seconds{number_behind("--seconds", 3600, argc, argv)}};
    signals.async_wait([&](auto error, int) { error ? void() : engine.stop(); });
    deadline.async_wait([&](auto error) { error ? void() : engine.stop(); });
    engine.async_run(
        [&](paperboy::error_code error)
        {
            std::cout << "stopped: " << error.message() << std::endl;
            orders.stop();
            signals.cancel();
            deadline.cancel();
            server.stop();
        });
    context.run();
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 1;
}

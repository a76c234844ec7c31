// An HTTP server and an engine on one io_context: GET /counts and GET /stats answer while records flow.
//
//     ./embedded_server --mock [--port PORT]
//     ./embedded_server BOOTSTRAP_SERVERS GROUP TOPIC [--port PORT]
//
// Everything runs on one thread, so the counts need no lock. Ctrl-C ends it in order.

#include "support/http_server.hpp"
#include "support/page_views.hpp"
#include "support/reports.hpp"
#include "support/traffic.hpp"

#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <charconv>
#include <chrono>
#include <csignal>
#include <iostream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto usage = "usage: embedded_server --mock [--port PORT]\n"
                       "       embedded_server BOOTSTRAP_SERVERS GROUP TOPIC [--port PORT]\n";

constexpr std::uint64_t mock_records_per_second = 20'000;

struct options
{
    bool mock = false;
    std::vector<std::string> names;
    std::uint16_t port = 0;
};

class usage_error : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

std::uint16_t parse_port(std::string_view text)
{
    auto port = std::uint16_t{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size())
        throw usage_error{"--port cannot be \"" + std::string{text} + "\"; give a number from 0 (any) to 65535"};
    return port;
}

options parse(std::vector<std::string_view> const& arguments)
{
    auto result = options{};
    for (std::size_t i = 0; i < arguments.size(); ++i)
    {
        if (arguments[i] == "--mock")
            result.mock = true;
        else if (arguments[i] == "--port" && i + 1 < arguments.size())
            result.port = parse_port(arguments[++i]);
        else
            result.names.emplace_back(arguments[i]);
    }
    if (result.names.size() != (result.mock ? 0U : 3U))
        throw usage_error{"give either --mock, or the brokers, a group and a topic"};
    if (result.mock)
        result.names = {"", "embedded", "page-views"};
    return result;
}

// Tells the mock cluster's traffic how far the engine has come.
void pace(asio::steady_timer& timer, page_views::traffic& traffic, page_views::counter const& counter)
{
    traffic.consumed(counter.records());
    timer.expires_after(10ms);
    timer.async_wait(
        [&](boost::system::error_code error)
        {
            if (!error)
                pace(timer, traffic, counter);
        });
}

int serve(options const& chosen)
{
    asio::io_context context{1};
    auto traffic = std::optional<page_views::traffic>{};
    auto settings = paperboy::config{};
    settings.bootstrap_servers = chosen.names[0];
    settings.group_id = chosen.names[1];
    if (chosen.mock)
    {
        traffic.emplace(chosen.names[2]);
        settings.bootstrap_servers = traffic->bootstrap_servers();
        settings.properties = {{"allow.auto.create.topics", "true"}};
    }

    // The engine and its handler.
    auto counter = page_views::counter{};
    paperboy::engine engine{context, std::move(settings)};
    engine.handle(chosen.names[2], paperboy::json<page_views::page_view>{}, std::ref(counter));

    // The server, which answers from the same thread.
    examples::http_server server{context, chosen.port};
    server.get("/counts", [&] { return examples::counts_as_json(counter.per_page()); });
    server.get("/stats", [&] { return examples::stats_as_json(engine.stats()); });
    std::cout << "listening on http://127.0.0.1:" << server.port() << std::endl;

    asio::signal_set signals{context, SIGINT, SIGTERM};
    signals.async_wait(
        [&](boost::system::error_code error, int)
        {
            if (!error)
                engine.stop();
        });

    // The engine's end is the end of it all.
    auto result = paperboy::error_code{};
    auto pacing = asio::steady_timer{context};
    engine.async_run(
        [&](paperboy::error_code error)
        {
            result = error;
            context.stop();
        });
    if (traffic)
    {
        traffic->start(context.get_executor(), std::numeric_limits<std::uint64_t>::max(), mock_records_per_second,
                       [](std::exception_ptr const&) {});
        pace(pacing, *traffic, counter);
    }
    context.run();
    if (traffic)
        traffic->finish();

    if (result)
        std::cerr << "stopped: " << engine.last_failure().text << '\n';
    return result ? 1 : 0;
}

} // namespace

int main(int argc, char** argv)
try
{
    return serve(parse({argv + 1, argv + argc}));
}
catch (usage_error const& error)
{
    std::cerr << error.what() << '\n' << usage;
    return 2;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 1;
}

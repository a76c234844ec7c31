// An HTTP server and an engine on one io_context, which answers from the engine's tables while records flow:
//
//     GET /counts                            views by page
//     GET /tables/visitors/visitor-7         views of one visitor
//     GET /tables/visitors?prefix=visitor-1  of several
//     GET /stats                             where the engine stands
//
//     ./embedded_server --mock [--port PORT]
//     ./embedded_server BOOTSTRAP_SERVERS GROUP TOPIC [--port PORT]
//
// Everything runs on one thread. Ctrl-C ends it cleanly; started again, it goes on counting where it was.

#include "support/http_server.hpp"
#include "support/page_views.hpp"
#include "support/reports.hpp"
#include "support/table_pages.hpp"
#include "support/traffic.hpp"

#include <paperboy/paperboy.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

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

// Counts views by page, and by visitor: the records' key. A tombstone is a visitor who asked to be forgotten.
struct visit_handler
{
    page_views::counter& pages;
    page_views::count_table visitors;

    void on_message(paperboy::record<page_views::page_view> const& view) const
    {
        pages.on_message(view);
        visitors.shard(view).update(view.key(), [](auto seen) { return seen.value_or(0) + 1; });
    }
    void on_tombstone(paperboy::record_view const& view) const
    {
        pages.on_tombstone(view);
        visitors.shard(view).erase(view.key());
    }
    [[nodiscard]] paperboy::error_action on_error(std::exception_ptr const& error) const
    {
        return pages.on_error(error);
    }
};

// The sum of what the partitions of this engine have counted.
asio::awaitable<examples::reply> show_counts(page_views::count_table pages)
{
    auto const [error, found] =
        co_await pages.async_scan("", std::numeric_limits<std::size_t>::max(), asio::as_tuple(asio::use_awaitable));
    if (error)
        co_return examples::reply{boost::beast::http::status::service_unavailable,
                                  examples::error_as_json("nothing can be counted yet: " + error.message())};
    co_return examples::counts_as_json(page_views::sum(found));
}

asio::awaitable<examples::reply> show_stats(paperboy::engine const& engine)
{
    co_return examples::stats_as_json(engine.stats());
}

// Several changes of one key within a batch are one record of the changelog.
paperboy::table_options table_for(std::string const& topic, std::string const& what)
{
    auto result = paperboy::table_options{};
    result.changelog = topic + "-" + what;
    result.coalesce = true;
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
        traffic.emplace(chosen.names[2], std::vector{chosen.names[2] + "-pages", chosen.names[2] + "-visitors"});
        settings.bootstrap_servers = traffic->bootstrap_servers();
        settings.properties = {{"allow.auto.create.topics", "true"}};
    }

    // The engine, its tables and its handler.
    paperboy::engine engine{context, std::move(settings)};
    auto const pages = engine.make_table<std::string, std::int64_t>("pages", paperboy::memory_store{},
                                                                    table_for(chosen.names[2], "pages"));
    auto const visitors = engine.make_table<std::string, std::int64_t>("visitors", paperboy::memory_store{},
                                                                       table_for(chosen.names[2], "visitors"));
    auto counter = page_views::counter{pages};
    engine.handle(chosen.names[2], paperboy::json<page_views::page_view>{}, visit_handler{counter, visitors});

    // The server, which answers from the same thread.
    examples::http_server server{context, chosen.port};
    server.get("/counts", [pages](examples::question const&) { return show_counts(pages); });
    server.get("/stats", [&](examples::question const&) { return show_stats(engine); });
    examples::show_table(server, visitors);
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

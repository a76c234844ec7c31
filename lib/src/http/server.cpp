#include "http/server.hpp"

#include <paperboy/error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace paperboy::http
{
namespace
{

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::beast::http::status;
using boost::beast::http::verb;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto event_headers = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                               "Connection: close\r\nX-Accel-Buffering: no\r\n\r\nretry: 2000\n\n";

// How long to wait when the process has no descriptor left for a connection.
constexpr auto accept_pause = 100ms;

std::string place_of(http_options const& options)
{
    auto const v6 = options.address.find(':') != std::string::npos;
    return (v6 ? "[" + options.address + "]" : options.address) + ":" + std::to_string(options.port);
}

[[noreturn]] void refuse(http_options const& options, error_code why)
{
    auto text = "paperboy: cannot listen on " + place_of(options) + ": " + why.message();
    if (why == asio::error::address_in_use)
        text += "; choose another http_options::port, or 0 for any free one";
    else if (why == asio::error::access_denied)
        text += "; ports below 1024 need privileges, choose another http_options::port";
    else
        text += "; http_options::address must be one of this machine's, 127.0.0.1, 0.0.0.0 or ::";
    throw setup_error{errc::invalid_config, text};
}

tcp::acceptor listen(asio::any_io_executor const& executor, http_options const& options)
{
    auto error = error_code{};
    auto const address = asio::ip::make_address(options.address, error);
    if (error)
        throw setup_error{errc::invalid_config, "paperboy: http_options::address \"" + options.address +
                                                    "\" is no IP address; give one such as 127.0.0.1, 0.0.0.0 or ::"};
    auto const where = tcp::endpoint{address, options.port};
    auto acceptor = tcp::acceptor{executor};
    acceptor.open(where.protocol(), error);
    if (!error)
        acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error)
        acceptor.bind(where, error);
    if (!error)
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error)
        refuse(options, error);
    return acceptor;
}

response head_of_stream()
{
    auto head = make_response(status::ok, "text/event-stream", "");
    head.erase(boost::beast::http::field::content_length);
    return head;
}

std::string_view path_of(request const& asked)
{
    auto const target = std::string_view{asked.target().data(), asked.target().size()};
    return target.substr(0, target.find('?'));
}

} // namespace

server::server(asio::any_io_executor const& executor, http_options options, std::function<std::string()> next_event)
    : strand_{asio::make_strand(executor)}, options_{std::move(options)}, next_event_{std::move(next_event)},
      acceptor_{listen(strand_, options_)}, port_{acceptor_.local_endpoint().port()}
{
}

void server::mount(std::string path, page what)
{
    auto const lock = std::scoped_lock{guard_};
    pages_.insert_or_assign(std::move(path), std::move(what));
}

void server::start()
{
    asio::co_spawn(strand_, [self = shared_from_this()] { return self->accept(); }, asio::detached);
}

void server::stop()
{
    {
        auto const lock = std::scoped_lock{guard_};
        stopped_ = true;
    }
    asio::dispatch(strand_, [self = shared_from_this()] { self->close(); });
}

// An answer that is on its way is left to end: its connection sees afterwards that all is over.
void server::close()
{
    closed_ = true;
    auto ignored = error_code{};
    acceptor_.close(ignored);
    for (auto const& each : connections_)
        if (!each->is(connection::stage::answering))
            each->close();
}

asio::awaitable<void> server::accept()
{
    auto error = error_code{};
    auto timer = asio::steady_timer{strand_};
    while (!closed_)
    {
        auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (closed_)
            co_return;
        if (error)
        {
            timer.expires_after(accept_pause);
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
            continue;
        }
        if (!make_room())
            continue;
        auto client = std::make_shared<connection>(std::move(socket), options_.timeout, options_.max_request);
        connections_.push_back(client);
        auto serving = serve(std::move(client));
        asio::co_spawn(strand_, std::move(serving), asio::detached);
    }
}

// Idle connections must not keep others out: the one that has waited longest goes. A closed one leaves the list later.
bool server::make_room()
{
    auto const open = std::ranges::count_if(connections_, [](auto const& each) { return each->is_open(); });
    if (static_cast<std::size_t>(open) < options_.max_connections)
        return true;
    auto oldest = connections_.end();
    for (auto each = connections_.begin(); each != connections_.end(); ++each)
        if ((*each)->is_open() && (*each)->is(connection::stage::waiting) &&
            (oldest == connections_.end() || (*each)->since() < (*oldest)->since()))
            oldest = each;
    if (oldest == connections_.end())
        return false;
    (*oldest)->close();
    return true;
}

bool server::may_stream() const
{
    auto const streams =
        std::ranges::count_if(connections_, [](auto const& each) { return each->is(connection::stage::streaming); });
    return static_cast<std::size_t>(streams) < options_.max_event_streams;
}

// A client's failure concerns nobody else, and neither does ours to serve it.
asio::awaitable<void> server::serve(connection_ptr on)
{
    auto const self = shared_from_this();
    try
    {
        co_await converse(*on);
    }
    catch (std::exception const&)
    {
        on->close();
    }
    on->close();
    connections_.remove(on);
}

asio::awaitable<void> server::converse(connection& on)
{
    auto keep_alive = true;
    while (keep_alive && !closed_)
    {
        auto asked = request{};
        auto const error = co_await on.read(asked);
        if (error)
        {
            auto const refused = refusal(error, options_.max_request);
            if (refused.body().empty())
                co_return;
            on.turn(connection::stage::answering);
            if (co_await on.write(refused, false))
                co_await on.linger();
            co_return;
        }
        on.turn(connection::stage::answering);
        keep_alive = co_await answer(on, asked);
        on.turn(connection::stage::waiting);
    }
}

// Whether another request may follow.
asio::awaitable<bool> server::answer(connection& on, request const& asked)
{
    auto const head = asked.method() == verb::head;
    if (path_of(asked) == "/events" && asked.method() == verb::get && may_stream())
    {
        co_await stream_events(on);
        co_return false;
    }
    auto told = respond(asked);
    told.version(asked.version());
    told.keep_alive(asked.keep_alive() && !closed_);
    auto const taken = co_await on.write(told, head);
    co_return taken&& told.keep_alive();
}

response server::respond(request const& asked)
{
    constexpr auto text = "text/plain; charset=utf-8";
    auto const path = path_of(asked);
    if (asked.method() != verb::get && asked.method() != verb::head)
    {
        auto refused = make_response(status::method_not_allowed, text, "only GET and HEAD are answered\n");
        refused.set(boost::beast::http::field::allow, "GET, HEAD");
        return refused;
    }
    if (path == "/events" && may_stream()) // a HEAD: what a GET gets is streamed
        return head_of_stream();
    if (path == "/events")
        return make_response(status::service_unavailable, text,
                             "there are " + std::to_string(options_.max_event_streams) +
                                 " live streams already (http_options::max_event_streams); /status has the same\n");
    auto const lock = std::scoped_lock{guard_};
    auto const found = pages_.find(path);
    if (found == pages_.end())
        return make_response(status::not_found, text, "nothing is here; there is\n" + paths());
    if (stopped_)
        return make_response(status::service_unavailable, text, "the server stops\n");
    try
    {
        auto what = found->second.make();
        return make_response(what.status, found->second.content_type, std::move(what.body));
    }
    catch (...)
    {
        return make_response(status::internal_server_error, text, describe(std::current_exception()) + "\n");
    }
}

std::string server::paths() const
{
    auto all = std::string{};
    for (auto const& [path, what] : pages_)
        all.append(path).append("\n");
    return all.append("/events\n");
}

// It ends with the client, which shows when it takes nothing any more, or with the server.
asio::awaitable<void> server::stream_events(connection& on)
{
    on.turn(connection::stage::streaming);
    auto going_on = co_await on.write(event_headers);
    while (going_on && !closed_)
    {
        auto event = std::string{};
        {
            auto const lock = std::scoped_lock{guard_};
            if (stopped_)
                co_return;
            event.append("data: ").append(next_event_()).append("\n\n");
        }
        going_on = co_await on.write(event);
        if (going_on && !closed_)
            co_await on.pause(options_.event_interval);
    }
}

} // namespace paperboy::http

#include "http_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <utility>

namespace examples
{
namespace
{

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;
using contents = std::map<std::string, http_server::content, std::less<>>;

constexpr auto idle_time = std::chrono::seconds{30};

response answer(request const& to, contents const& all)
{
    auto result = response{http::status::ok, to.version()};
    result.set(http::field::content_type, "application/json");
    result.keep_alive(to.keep_alive());
    auto const found = all.find(std::string_view{to.target().data(), to.target().size()});
    if (to.method() != http::verb::get)
    {
        result.result(http::status::method_not_allowed);
        result.set(http::field::allow, "GET");
        result.body() = R"({"error":"only GET is answered"})";
    }
    else if (found == all.end())
    {
        result.result(http::status::not_found);
        result.body() = R"({"error":"nothing is here"})";
    }
    else
        result.body() = found->second();
    result.prepare_payload();
    return result;
}

} // namespace

http_server::http_server(asio::io_context& context, std::uint16_t port)
    : acceptor_{context, tcp::endpoint{asio::ip::address_v4::loopback(), port}}
{
    asio::co_spawn(context, accept(), asio::detached);
}

void http_server::get(std::string path, content make)
{
    contents_.insert_or_assign(std::move(path), std::move(make));
}

asio::awaitable<void> http_server::accept()
{
    while (true)
    {
        auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
        auto conversation = converse(std::move(socket));
        asio::co_spawn(acceptor_.get_executor(), std::move(conversation), asio::detached);
    }
}

// A client that goes away in the middle ends its conversation by an exception, which concerns nobody else.
asio::awaitable<void> http_server::converse(tcp::socket socket)
{
    auto stream = beast::tcp_stream{std::move(socket)};
    auto buffer = beast::flat_buffer{};
    auto keep_alive = true;
    while (keep_alive)
    {
        auto asked = request{};
        stream.expires_after(idle_time);
        co_await http::async_read(stream, buffer, asked, asio::use_awaitable);
        auto const told = answer(asked, contents_);
        keep_alive = told.keep_alive();
        co_await http::async_write(stream, told, asio::use_awaitable);
    }
}

} // namespace examples

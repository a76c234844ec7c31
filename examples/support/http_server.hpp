#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/status.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace examples
{

/// What a client asks for: what follows the path that is answered, and the parameters, as texts.
struct question
{
    std::string rest;
    std::map<std::string, std::string, std::less<>> parameters;
};

/// JSON, and how it went.
struct reply
{
    // NOLINTNEXTLINE(google-explicit-constructor): most replies are a body
    reply(std::string content) : body{std::move(content)} {}
    reply(boost::beast::http::status how, std::string content) : status{how}, body{std::move(content)} {}

    boost::beast::http::status status = boost::beast::http::status::ok;
    std::string body;
};

/// Answers GET requests on loopback with JSON, by Boost.Beast, on the io_context that others use too.
class http_server
{
public:
    /// Makes an answer.
    using content = std::function<boost::asio::awaitable<reply>(question)>;

    /// Listens on `port` of 127.0.0.1, or on any free one when it is 0. Throws when the port is taken.
    http_server(boost::asio::io_context& context, std::uint16_t port);

    /// Answers GET requests for `path`, or for all that is below it when it ends with '/'.
    void get(std::string path, content make);

    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> converse(boost::asio::ip::tcp::socket socket);

    boost::asio::ip::tcp::acceptor acceptor_;
    std::map<std::string, content, std::less<>> contents_;
};

} // namespace examples

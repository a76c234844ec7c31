#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace examples
{

/// Answers GET requests on loopback with JSON, by Boost.Beast, on the io_context that others use too.
class http_server
{
public:
    /// Makes the body of an answer.
    using content = std::function<std::string()>;

    /// Listens on `port` of 127.0.0.1, or on any free one when it is 0. Throws when the port is taken.
    http_server(boost::asio::io_context& context, std::uint16_t port);

    /// Answers GET requests for `path`.
    void get(std::string path, content make);

    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> converse(boost::asio::ip::tcp::socket socket);

    boost::asio::ip::tcp::acceptor acceptor_;
    std::map<std::string, content, std::less<>> contents_;
};

} // namespace examples

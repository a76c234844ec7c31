#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace paperboy::test
{

// One answer, as a client saw it.
struct http_reply
{
    unsigned status = 0;
    std::map<std::string, std::string, std::less<>> headers;
    std::string body;
};

// A client that waits for each answer; every wait has a deadline, after which it throws.
class http_client
{
public:
    explicit http_client(std::uint16_t port);

    [[nodiscard]] http_reply get(std::string const& path, std::string const& method = "GET");

    // Sends these bytes, whatever they are.
    void send(std::string const& bytes);

    // Reads an answer to what was sent; with no body for HEAD.
    [[nodiscard]] http_reply receive(bool head = false);

    // Reads until `part` has come; what has come.
    [[nodiscard]] std::string read_until(std::string const& part);

    // Whether the other side closes the connection before the deadline.
    [[nodiscard]] bool closed();

private:
    template <class Start>
    boost::system::error_code wait(Start start);

    boost::asio::io_context context_;
    boost::beast::tcp_stream stream_;
    boost::beast::flat_buffer buffer_;
    std::string text_;
};

// GET on a connection of its own.
[[nodiscard]] http_reply http_get(std::uint16_t port, std::string const& path);

} // namespace paperboy::test

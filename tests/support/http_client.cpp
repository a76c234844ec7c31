#include "support/http_client.hpp"

#include "support/manual_watched.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace paperboy::test
{

namespace asio = boost::asio;
namespace http = boost::beast::http;

template <class Start>
boost::system::error_code http_client::wait(Start start)
{
    auto result = boost::system::error_code{};
    stream_.expires_after(patience);
    start([&](boost::system::error_code error, auto const&...) { result = error; });
    context_.restart();
    context_.run();
    if (result == boost::beast::error::timeout)
        throw std::runtime_error{"the server did not react in time"};
    return result;
}

http_client::http_client(std::uint16_t port) : stream_{context_}
{
    auto const where = asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), port};
    if (auto const error = wait([&](auto done) { stream_.async_connect(where, done); }))
        throw boost::system::system_error{error, "connecting"};
}

http_reply http_client::get(std::string const& path, std::string const& method)
{
    send(method + " " + path + " HTTP/1.1\r\nHost: test\r\n\r\n");
    return receive(method == "HEAD");
}

void http_client::send(std::string const& bytes)
{
    if (auto const error = wait([&](auto done) { asio::async_write(stream_, asio::buffer(bytes), done); }))
        throw boost::system::system_error{error, "sending"};
}

http_reply http_client::receive(bool head)
{
    auto parser = http::response_parser<http::string_body>{};
    parser.skip(head);
    if (auto const error = wait([&](auto done) { http::async_read(stream_, buffer_, parser, done); }))
        throw boost::system::system_error{error, "receiving"};
    auto reply = http_reply{parser.get().result_int(), {}, parser.get().body()};
    for (auto const& each : parser.get())
        reply.headers.insert_or_assign(std::string{each.name_string()}, std::string{each.value()});
    return reply;
}

std::string http_client::read_until(std::string const& part)
{
    auto read = std::size_t{0};
    auto const error = wait(
        [&](auto done)
        {
            asio::async_read_until(stream_, asio::dynamic_buffer(text_), part,
                                   [&, done](boost::system::error_code result, std::size_t size)
                                   {
                                       read = size;
                                       done(result);
                                   });
        });
    if (error)
        throw boost::system::system_error{error, "reading until " + part};
    auto const found = text_.substr(0, read);
    text_.erase(0, read);
    return found;
}

bool http_client::closed()
{
    auto rest = std::string{};
    auto const error =
        wait([&](auto done) { asio::async_read(stream_, asio::dynamic_buffer(rest), asio::transfer_all(), done); });
    return error == asio::error::eof || error == asio::error::connection_reset;
}

http_reply http_get(std::uint16_t port, std::string const& path)
{
    return http_client{port}.get(path);
}

} // namespace paperboy::test

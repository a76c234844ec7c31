#include "http/connection.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <utility>

namespace paperboy::http
{
namespace
{

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using namespace std::chrono_literals;

// What a client may have sent behind a request that is refused.
constexpr auto leftover = std::size_t{64} * 1024;

} // namespace

connection::connection(asio::ip::tcp::socket socket, std::chrono::milliseconds timeout, std::size_t max_request)
    : stream_{std::move(socket)}, timer_{stream_.get_executor()}, timeout_{timeout}, max_request_{max_request},
      buffer_{2 * max_request}
{
}

asio::awaitable<error_code> connection::read(request& into)
{
    auto parser = beast::http::request_parser<beast::http::string_body>{};
    parser.header_limit(static_cast<std::uint32_t>(max_request_));
    parser.body_limit(max_request_);
    auto error = error_code{};
    stream_.expires_after(timeout_);
    co_await beast::http::async_read(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    if (!error)
        into = parser.release();
    co_return error;
}

asio::awaitable<bool> connection::write(response const& answer, bool head)
{
    auto error = error_code{};
    stream_.expires_after(timeout_);
    if (head)
    {
        auto const headers = beast::http::response<beast::http::empty_body>{answer.base()};
        co_await beast::http::async_write(stream_, headers, asio::redirect_error(asio::use_awaitable, error));
    }
    else
        co_await beast::http::async_write(stream_, answer, asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

asio::awaitable<bool> connection::write(std::string const& bytes)
{
    auto error = error_code{};
    stream_.expires_after(timeout_);
    co_await asio::async_write(stream_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

// Closing with bytes unread would make the kernel reset the connection, and the client lose the answer.
asio::awaitable<void> connection::linger()
{
    auto error = error_code{};
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    stream_.expires_after(1s);
    auto room = std::string(4096, '\0');
    for (auto read = std::size_t{0}; !error && read < leftover;)
        read += co_await stream_.async_read_some(asio::buffer(room), asio::redirect_error(asio::use_awaitable, error));
}

asio::awaitable<void> connection::pause(std::chrono::milliseconds time)
{
    auto ignored = error_code{};
    timer_.expires_after(time);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void connection::close() noexcept
{
    stream_.close();
    timer_.cancel();
}

response refusal(error_code why, std::size_t max_request)
{
    using beast::http::error;
    using beast::http::status;
    auto const limit = std::to_string(max_request) + " bytes (http_options::max_request)\n";
    if (why == error::header_limit || why == error::buffer_overflow)
        return make_response(status::request_header_fields_too_large, "text/plain", "the headers exceed " + limit);
    if (why == error::body_limit)
        return make_response(status::payload_too_large, "text/plain", "the body exceeds " + limit);
    if (why.category() != make_error_code(error::bad_version).category() || why == error::end_of_stream ||
        why == error::partial_message)
        return {};
    return make_response(status::bad_request, "text/plain", "this is not HTTP: " + why.message() + "\n");
}

response make_response(beast::http::status status, std::string const& content_type, std::string body)
{
    using beast::http::field;
    auto result = response{status, 11};
    result.set(field::content_type, content_type);
    result.set(field::cache_control, "no-store");
    result.set("X-Content-Type-Options", "nosniff");
    // Pages may load nothing from elsewhere, nor be shown inside another's.
    result.set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
                                          "connect-src 'self'; img-src data:; frame-ancestors 'none'");
    result.body() = std::move(body);
    result.prepare_payload();
    return result;
}

} // namespace paperboy::http

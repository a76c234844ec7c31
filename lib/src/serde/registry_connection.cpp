#include "serde/registry_connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <charconv>
#include <ctime>
#include <optional>

namespace paperboy::serde
{
namespace
{

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

// A look-up of a host. The system's resolver cannot be interrupted, so it is left alone when time is over: it holds
// this, and nobody waits.
struct host_lookup
{
    explicit host_lookup(asio::any_io_executor const& strand) : resolver{strand}, finished{strand} {}

    tcp::resolver resolver;
    asio::steady_timer finished;
    tcp::resolver::results_type found;
    std::optional<error_code> result;
};

[[noreturn]] void fail(std::string const& doing, error_code why)
{
    auto const late = why == beast::error::timeout;
    throw exchange_error{true, doing + ": " + (late ? "not within request_timeout" : why.message())};
}

std::string_view to_view(beast::string_view text)
{
    return {text.data(), text.size()};
}

// Seconds, or a date.
std::optional<std::chrono::milliseconds> read_retry_after(std::string const& text)
{
    auto seconds = 0U;
    auto const end = text.data() + text.size();
    if (auto const read = std::from_chars(text.data(), end, seconds); !text.empty() && read.ptr == end)
        return read.ec == std::errc{} ? std::chrono::seconds{seconds} : std::chrono::hours{24 * 365};
    auto date = std::tm{};
    if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr)
        return std::nullopt;
    auto const left = std::chrono::system_clock::from_time_t(::timegm(&date)) - std::chrono::system_clock::now();
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds{0});
}

http_answer to_answer(http::response<http::string_body>&& from)
{
    auto out = http_answer{};
    out.status = from.result_int();
    out.content_type = to_view(from[http::field::content_type]);
    out.location = to_view(from[http::field::location]);
    out.retry_after = read_retry_after(std::string{to_view(from[http::field::retry_after])});
    out.body = std::move(from.body());
    return out;
}

[[noreturn]] void fail_to_read(error_code why, std::size_t max_response)
{
    if (why == http::error::body_limit)
        throw exchange_error{false,
                             "the answer is larger than max_response, " + std::to_string(max_response) + " bytes"};
    if (why == http::error::end_of_stream)
        throw exchange_error{true, "the connection was closed without an answer"};
    auto const cut = why == http::error::partial_message || why == asio::ssl::error::stream_truncated;
    if (cut)
        throw exchange_error{true, "the connection was closed in the middle of the answer"};
    if (why.category() == make_error_code(http::error::bad_version).category())
        throw exchange_error{false, "the answer is not HTTP (" + why.message() +
                                        "); is it the registry's port, and http or https as the registry has it?"};
    fail("reading the answer", why);
}

} // namespace

registry_transport::connection::connection(asio::any_io_executor const& strand, registry_url const& url,
                                           tls_context& tls)
    : url_{url}, strand_{strand}, stream_{beast::tcp_stream{strand}, tls.context}
{
}

asio::awaitable<void> registry_transport::connection::connect(exchange_control& control, time_point deadline)
{
    auto const lookup = std::make_shared<host_lookup>(strand_);
    {
        auto const abortable = exchange_control::stage{control, [lookup] { lookup->finished.cancel(); }};
        lookup->finished.expires_at(deadline);
        lookup->resolver.async_resolve(url_.host, url_.port,
                                       [lookup](error_code error, tcp::resolver::results_type found)
                                       {
                                           lookup->found = std::move(found);
                                           lookup->result = error;
                                           lookup->finished.cancel();
                                       });
        auto ignored = error_code{};
        co_await lookup->finished.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (control.aborted())
        co_return;
    if (!lookup->result)
        throw exchange_error{true, "looking up the host: not within request_timeout"};
    if (*lookup->result)
        fail("looking up the host", *lookup->result);

    auto const abortable = exchange_control::stage{control, [this] { close(); }};
    auto& tcp_layer = beast::get_lowest_layer(stream_);
    auto error = error_code{};
    tcp_layer.expires_at(deadline);
    co_await tcp_layer.async_connect(lookup->found, asio::redirect_error(asio::use_awaitable, error));
    if (error)
        fail("connecting", error);
    tcp_layer.socket().set_option(tcp::no_delay{true}, error);
    if (url_.tls)
        co_await shake_hands();
}

asio::awaitable<void> registry_transport::connection::shake_hands()
{
    // An address is no name to ask for (RFC 6066, 3).
    auto no_address = error_code{};
    asio::ip::make_address(url_.host, no_address);
    if (no_address && ::SSL_set_tlsext_host_name(stream_.native_handle(), url_.host.c_str()) != 1)
        throw exchange_error{false, "TLS does not accept the host's name"};
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification{url_.host});
    auto error = error_code{};
    co_await stream_.async_handshake(asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
    if (!error)
        co_return;
    if (auto const verdict = ::SSL_get_verify_result(stream_.native_handle()); verdict != X509_V_OK)
        throw exchange_error{false, std::string{"the registry's certificate is not trusted ("} +
                                        ::X509_verify_cert_error_string(verdict) +
                                        "); does ca_file have its authority, and the certificate the URL's host?"};
    if (error.category() == asio::error::get_ssl_category())
        throw exchange_error{false, "TLS: " + error.message()};
    fail("TLS handshake", error);
}

asio::awaitable<http_answer> registry_transport::connection::converse(request const& asked, std::size_t max_response,
                                                                      time_point deadline)
{
    beast::get_lowest_layer(stream_).expires_at(deadline);
    keep_alive_ = false;
    answer_began_ = false;
    if (url_.tls)
        co_return co_await converse_on(stream_, asked, max_response);
    co_return co_await converse_on(beast::get_lowest_layer(stream_), asked, max_response);
}

template <class Stream>
asio::awaitable<http_answer> registry_transport::connection::converse_on(Stream& stream, request const& asked,
                                                                         std::size_t max_response)
{
    auto error = error_code{};
    co_await http::async_write(stream, asked, asio::redirect_error(asio::use_awaitable, error));
    if (error)
        fail("sending the request", error);
    auto parser = http::response_parser<http::string_body>{};
    parser.body_limit(max_response);
    co_await http::async_read_header(stream, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    answer_began_ = parser.got_some() || error == beast::error::timeout;
    if (!error && !parser.is_done())
        co_await http::async_read(stream, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error)
        fail_to_read(error, max_response);
    keep_alive_ = parser.keep_alive();
    co_return to_answer(parser.release());
}

void registry_transport::connection::close() noexcept
{
    beast::get_lowest_layer(stream_).close();
}

} // namespace paperboy::serde

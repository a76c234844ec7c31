#pragma once

#include "serde/registry_transport.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace paperboy::serde
{

// How https URLs are checked, and what we show them.
class registry_transport::tls_context
{
public:
    explicit tls_context(schema_registry_settings const& settings);

    boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
};

// One connection to one URL; http leaves the TLS layer unused.
class registry_transport::connection
{
public:
    using request = boost::beast::http::request<boost::beast::http::string_body>;

    connection(boost::asio::any_io_executor const& strand, registry_url const& url, tls_context& tls);

    // Each throws exchange_error.
    boost::asio::awaitable<void> connect(exchange_control& control, time_point deadline);
    boost::asio::awaitable<http_answer> converse(request const& asked, std::size_t max_response, time_point deadline);

    // Ends whatever it waits for.
    void close() noexcept;

    // Whether a request may fail only because the other side has closed the idle connection meanwhile.
    [[nodiscard]] bool may_be_stale() const noexcept { return reused_ && !answer_began_; }
    [[nodiscard]] bool reusable() const noexcept { return keep_alive_; }
    void reuse() noexcept { reused_ = true; }

private:
    template <class Stream>
    boost::asio::awaitable<http_answer> converse_on(Stream& stream, request const& asked, std::size_t max_response);
    boost::asio::awaitable<void> shake_hands();

    registry_url const& url_;
    boost::asio::any_io_executor strand_;
    boost::asio::ssl::stream<boost::beast::tcp_stream> stream_;
    boost::beast::flat_buffer buffer_;
    bool reused_ = false;
    bool answer_began_ = false;
    bool keep_alive_ = false;
};

} // namespace paperboy::serde

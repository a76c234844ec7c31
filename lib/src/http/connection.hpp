#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace paperboy::http
{

using request = boost::beast::http::request<boost::beast::http::string_body>;
using response = boost::beast::http::response<boost::beast::http::string_body>;

// One client. Every wait for it has a deadline.
class connection
{
public:
    // What it is in the middle of: one that waits may be closed to make room.
    enum class stage : std::uint8_t
    {
        waiting,
        answering,
        streaming,
    };

    connection(boost::asio::ip::tcp::socket socket, std::chrono::milliseconds timeout, std::size_t max_request);

    // Reads a request within the time-out. An error that the client can be told of has an answer: see refusal().
    boost::asio::awaitable<boost::system::error_code> read(request& into);

    // Sends an answer; for HEAD without its body. False when the client did not take it in time, or is gone.
    boost::asio::awaitable<bool> write(response const& answer, bool head);
    boost::asio::awaitable<bool> write(std::string const& bytes);

    // Says goodbye so that the client sees the last answer, although more of what it sent may be unread.
    boost::asio::awaitable<void> linger();

    // Waits, at most until it is closed.
    boost::asio::awaitable<void> pause(std::chrono::milliseconds time);

    void close() noexcept;

    void turn(stage to) noexcept
    {
        stage_ = to;
        since_ = std::chrono::steady_clock::now();
    }
    [[nodiscard]] bool is_open() const noexcept { return stream_.socket().is_open(); }
    [[nodiscard]] bool is(stage which) const noexcept { return stage_ == which; }
    [[nodiscard]] std::chrono::steady_clock::time_point since() const noexcept { return since_; }

private:
    boost::beast::tcp_stream stream_;
    boost::asio::steady_timer timer_;
    std::chrono::milliseconds timeout_;
    std::size_t max_request_;
    boost::beast::flat_buffer buffer_;
    stage stage_ = stage::waiting;
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

// What a client is told of a request that cannot be read; an empty response when there is nobody to be told.
[[nodiscard]] response refusal(boost::system::error_code why, std::size_t max_request);

// An answer with the headers that all have.
[[nodiscard]] response make_response(boost::beast::http::status status, std::string const& content_type,
                                     std::string body);

} // namespace paperboy::http

#pragma once

#include "http/connection.hpp"
#include "http/reply.hpp"

#include <paperboy/http.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>

namespace paperboy::http
{

// Accepts connections and answers requests with pages, and with a stream of events. Everything happens on one strand.
class server : public std::enable_shared_from_this<server>
{
public:
    // Listens; throws setup_error. `next_event` makes what a stream of events sends.
    server(boost::asio::any_io_executor const& executor, http_options options, std::function<std::string()> next_event);
    server(server const&) = delete;
    server& operator=(server const&) = delete;

    // Safe from any thread, like stop().
    void mount(std::string path, page what);

    void start();

    // No function of a page is called any more once it has returned.
    void stop();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
    using connection_ptr = std::shared_ptr<connection>;

    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> serve(connection_ptr on);
    boost::asio::awaitable<void> converse(connection& on);
    boost::asio::awaitable<bool> answer(connection& on, request const& asked);
    boost::asio::awaitable<void> stream_events(connection& on);
    [[nodiscard]] bool make_room();
    [[nodiscard]] bool may_stream() const;
    [[nodiscard]] response respond(request const& asked);
    [[nodiscard]] std::string paths() const;
    void close();

    boost::asio::strand<boost::asio::any_io_executor> strand_;
    http_options options_;
    std::function<std::string()> next_event_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::list<connection_ptr> connections_;
    bool closed_ = false;

    // For what other threads may do. Recursive: a page's function may call stop().
    mutable std::recursive_mutex guard_;
    pages pages_;
    bool stopped_ = false;
};

} // namespace paperboy::http

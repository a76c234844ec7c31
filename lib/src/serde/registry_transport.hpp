#pragma once

#include "serde/registry_http.hpp"
#include "serde/registry_turns.hpp"
#include "serde/registry_url.hpp"

#include <paperboy/schema_registry.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <vector>

namespace paperboy::serde
{

// HTTP to the registry's URLs, over connections that are kept and reused. Used on one strand.
class registry_transport
{
public:
    // Throws setup_error for URLs, files and credentials that cannot work.
    registry_transport(boost::asio::any_io_executor strand, schema_registry_settings const& settings);
    registry_transport(registry_transport const&) = delete;
    registry_transport& operator=(registry_transport const&) = delete;
    ~registry_transport();

    [[nodiscard]] std::size_t urls() const noexcept { return urls_.size(); }
    [[nodiscard]] std::string shown(std::size_t url) const { return urls_[url].shown(); }

    // One attempt. Throws exchange_error, or system_error with operation_aborted after control.abort(). `question` and
    // `control` have to outlive it.
    boost::asio::awaitable<http_answer> exchange(std::size_t url, http_question const& question,
                                                 exchange_control& control);

    // Closes what is idle.
    void close();

private:
    class connection;
    class tls_context;
    using connection_ptr = std::unique_ptr<connection>;
    using time_point = std::chrono::steady_clock::time_point;

    boost::asio::awaitable<connection_ptr> open(std::size_t url, exchange_control& control, time_point deadline);
    connection_ptr take_idle(std::size_t url);
    void keep(std::size_t url, connection_ptr open);
    void make_room();

    boost::asio::any_io_executor strand_;
    std::chrono::milliseconds timeout_;
    std::size_t max_response_;
    std::size_t max_connections_;
    registry_turns turns_;
    std::vector<registry_url> urls_;
    // Of each URL: the value of the field Authorization, or empty.
    std::vector<std::string> credentials_;
    std::unique_ptr<tls_context> tls_;
    // Of each URL.
    std::vector<std::vector<connection_ptr>> idle_;
};

} // namespace paperboy::serde

#pragma once

#include "support/manual_watched.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace paperboy::test
{

// How the scripted server answers one request.
struct scripted_answer
{
    scripted_answer(unsigned http_status, std::string text) : status{http_status}, body{std::move(text)} {}

    unsigned status = 200;
    std::string body;
    std::string content_type = "application/vnd.schemaregistry.v1+json";
    // Further fields, each "Name: value".
    std::vector<std::string> fields = {};
    // Waits so long first, unless the client goes away.
    std::chrono::milliseconds delay{0};
    // Sends only so many bytes of the whole answer, then closes.
    std::optional<std::size_t> cut_after = {};
    // Closes after it.
    bool close = false;
    // Sent in place of everything else.
    std::string raw = {};

    scripted_answer with(std::string field) &&
    {
        fields.push_back(std::move(field));
        return std::move(*this);
    }
    scripted_answer after(std::chrono::milliseconds wait) &&
    {
        delay = wait;
        return std::move(*this);
    }
    scripted_answer cut(std::size_t bytes) &&
    {
        cut_after = bytes;
        return std::move(*this);
    }
    scripted_answer closing() &&
    {
        close = true;
        return std::move(*this);
    }
    scripted_answer as(std::string type) &&
    {
        content_type = std::move(type);
        return std::move(*this);
    }
};

// A request as the scripted server saw it.
struct seen_request
{
    std::string method;
    std::string target;
    std::string authorization;
    std::string body;
    // Which connection it came over, from 1.
    int connection = 0;
};

// An HTTP server on loopback that does what a test wants, on a thread of its own.
class scripted_server
{
public:
    using script = std::function<scripted_answer(seen_request const&)>;

    // With a TLS context it serves https.
    explicit scripted_server(script answer, std::shared_ptr<boost::asio::ssl::context> tls = nullptr);
    scripted_server(scripted_server const&) = delete;
    scripted_server& operator=(scripted_server const&) = delete;
    ~scripted_server();

    // Without a path.
    [[nodiscard]] std::string url(std::string const& userinfo = {}) const;

    [[nodiscard]] std::vector<seen_request> requests() const { return seen_.get(); }
    [[nodiscard]] bool await_requests(std::size_t count) const;

private:
    boost::asio::awaitable<void> accept();
    template <class Stream>
    boost::asio::awaitable<void> converse(std::shared_ptr<Stream> stream, int number);
    boost::asio::awaitable<void> converse_tls(boost::asio::ip::tcp::socket socket, int number);

    boost::asio::io_context context_{1};
    boost::asio::ip::tcp::acceptor acceptor_;
    script answer_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    watched<std::vector<seen_request>> seen_;
    std::thread thread_;
};

// Answers in turn; the last one for ever.
[[nodiscard]] scripted_server::script in_turn(std::vector<scripted_answer> answers);

} // namespace paperboy::test

#include "support/http_script.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace paperboy::test
{
namespace
{

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

std::string to_text(beast::string_view text)
{
    return {text.data(), text.size()};
}

// By hand: what is sent may be anything but a good answer. That the connection will be closed is not announced.
std::string to_wire(scripted_answer const& answer)
{
    auto out = "HTTP/1.1 " + std::to_string(answer.status) + " Scripted\r\nContent-Type: " + answer.content_type +
               "\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n";
    for (auto const& field : answer.fields)
        out += field + "\r\n";
    out += "\r\n" + answer.body;
    if (!answer.raw.empty())
        return answer.raw;
    return answer.cut_after ? out.substr(0, *answer.cut_after) : out;
}

} // namespace

scripted_server::scripted_server(script answer, std::shared_ptr<asio::ssl::context> tls)
    : acceptor_{context_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}}, answer_{std::move(answer)},
      tls_{std::move(tls)}
{
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread{[this] { context_.run(); }};
}

scripted_server::~scripted_server()
{
    context_.stop();
    thread_.join();
}

std::string scripted_server::url(std::string const& userinfo) const
{
    return (tls_ ? "https://" : "http://") + (userinfo.empty() ? "" : userinfo + "@") +
           "localhost:" + std::to_string(acceptor_.local_endpoint().port());
}

bool scripted_server::await_requests(std::size_t count) const
{
    return seen_.wait_until([count](auto const& all) { return all.size() >= count; });
}

asio::awaitable<void> scripted_server::accept()
{
    for (auto number = 1;; ++number)
    {
        auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
        auto conversation = tls_ ? converse_tls(std::move(socket), number)
                                 : converse(std::make_shared<tcp::socket>(std::move(socket)), number);
        asio::co_spawn(context_, std::move(conversation), asio::detached);
    }
}

asio::awaitable<void> scripted_server::converse_tls(tcp::socket socket, int number)
{
    auto const stream = std::make_shared<asio::ssl::stream<tcp::socket>>(std::move(socket), *tls_);
    auto error = boost::system::error_code{};
    co_await stream->async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, error));
    if (!error)
        co_await converse(stream, number);
}

template <class Stream>
asio::awaitable<void> scripted_server::converse(std::shared_ptr<Stream> stream, int number)
{
    auto buffer = beast::flat_buffer{};
    auto error = boost::system::error_code{};
    while (true)
    {
        auto asked = http::request<http::string_body>{};
        co_await http::async_read(*stream, buffer, asked, asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
        auto seen = seen_request{to_text(asked.method_string()), to_text(asked.target()),
                                 to_text(asked[http::field::authorization]), asked.body(), number};
        seen_.update([&](auto& all) { all.push_back(seen); });
        auto const answer = answer_(seen);
        if (answer.delay.count() > 0)
        {
            auto timer = asio::steady_timer{context_, answer.delay};
            co_await timer.async_wait(asio::use_awaitable);
        }
        auto const wire = to_wire(answer);
        co_await asio::async_write(*stream, asio::buffer(wire), asio::redirect_error(asio::use_awaitable, error));
        if (error || answer.cut_after || answer.close)
            co_return;
    }
}

scripted_server::script in_turn(std::vector<scripted_answer> answers)
{
    return [answers = std::move(answers), next = std::make_shared<std::size_t>(0)](seen_request const&)
    {
        auto const at = std::min(*next, answers.size() - 1);
        ++*next;
        return answers[at];
    };
}

} // namespace paperboy::test

#include "http_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

namespace examples
{
namespace
{

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;
using contents = std::map<std::string, http_server::content, std::less<>>;

constexpr auto idle_time = std::chrono::seconds{30};

// "%2F" is a slash, and '+' a space; nothing when it is no such text.
std::optional<std::string> decoded(std::string_view text)
{
    auto result = std::string{};
    for (; !text.empty(); text.remove_prefix(1))
    {
        if (text.front() != '%')
        {
            result += text.front() == '+' ? ' ' : text.front();
            continue;
        }
        auto code = unsigned{};
        auto const digits = text.substr(1, 2);
        auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (digits.size() != 2 || error != std::errc{} || end != digits.data() + digits.size())
            return std::nullopt;
        result += static_cast<char>(code);
        text.remove_prefix(2);
    }
    return result;
}

// What comes before the separator, and what after it.
std::pair<std::string_view, std::string_view> cut(std::string_view text, char separator)
{
    auto const at = std::min(text.find(separator), text.size());
    return {text.substr(0, at), text.substr(std::min(at + 1, text.size()))};
}

// The content for a target, and the question that it is; null when there is none.
std::pair<http_server::content const*, question> find(contents const& all, std::string_view target)
{
    auto [path, query] = cut(target, '?');
    auto asked = question{};
    while (!query.empty())
    {
        auto const [parameter, others] = cut(query, '&');
        auto const [name, value] = cut(parameter, '=');
        auto text = decoded(value);
        if (!text)
            return {nullptr, {}};
        asked.parameters.insert_or_assign(std::string{name}, std::move(*text));
        query = others;
    }
    if (auto const found = all.find(path); found != all.end())
        return {&found->second, std::move(asked)};
    auto const below = path.substr(0, path.rfind('/') + 1);
    auto const found = all.find(below);
    auto rest = decoded(path.substr(below.size()));
    if (found == all.end() || !rest)
        return {nullptr, {}};
    asked.rest = std::move(*rest);
    return {&found->second, std::move(asked)};
}

asio::awaitable<reply> reply_to(request const& to, contents const& all)
{
    if (to.method() != http::verb::get)
        co_return reply{http::status::method_not_allowed, R"({"error":"only GET is answered"})"};
    auto [content, asked] = find(all, {to.target().data(), to.target().size()});
    if (content == nullptr)
        co_return reply{http::status::not_found, R"({"error":"nothing is here"})"};
    auto making = (*content)(std::move(asked));
    co_return co_await std::move(making);
}

asio::awaitable<response> answer(request const& to, contents const& all)
{
    auto made = co_await reply_to(to, all);
    auto result = response{made.status, to.version()};
    result.set(http::field::content_type, "application/json");
    if (made.status == http::status::method_not_allowed)
        result.set(http::field::allow, "GET");
    result.keep_alive(to.keep_alive());
    result.body() = std::move(made.body);
    result.prepare_payload();
    co_return result;
}

} // namespace

http_server::http_server(asio::io_context& context, std::uint16_t port)
    : acceptor_{context, tcp::endpoint{asio::ip::address_v4::loopback(), port}}
{
    asio::co_spawn(context, accept(), asio::detached);
}

void http_server::get(std::string path, content make)
{
    contents_.insert_or_assign(std::move(path), std::move(make));
}

asio::awaitable<void> http_server::accept()
{
    while (true)
    {
        auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
        auto conversation = converse(std::move(socket));
        asio::co_spawn(acceptor_.get_executor(), std::move(conversation), asio::detached);
    }
}

// A client that goes away in the middle ends its conversation by an exception, which concerns nobody else.
asio::awaitable<void> http_server::converse(tcp::socket socket)
{
    auto stream = beast::tcp_stream{std::move(socket)};
    auto buffer = beast::flat_buffer{};
    auto keep_alive = true;
    while (keep_alive)
    {
        auto asked = request{};
        stream.expires_after(idle_time);
        co_await http::async_read(stream, buffer, asked, asio::use_awaitable);
        auto answering = answer(asked, contents_);
        auto const told = co_await std::move(answering);
        keep_alive = told.keep_alive();
        co_await http::async_write(stream, told, asio::use_awaitable);
    }
}

} // namespace examples

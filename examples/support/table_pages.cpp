#include "table_pages.hpp"

#include "reports.hpp"

#include <paperboy/error.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace examples
{
namespace
{

namespace asio = boost::asio;
namespace http = boost::beast::http;
using page_views::count_table;

constexpr std::size_t usual_limit = 100;
constexpr auto wait_for_result = asio::as_tuple(asio::use_awaitable);

reply refusal(http::status how, std::string_view text)
{
    return {how, error_as_json(text)};
}

reply cannot_look(paperboy::error_code error, std::string const& what)
{
    if (error == paperboy::errc::not_local)
        return refusal(http::status::conflict, what + " is not in this engine but in another of its group");
    if (error == paperboy::errc::restoring)
        return refusal(http::status::service_unavailable, what + " is being restored from its changelog; ask again");
    if (error == paperboy::errc::not_running)
        return refusal(http::status::service_unavailable, "the engine is not running yet, or not any more");
    return refusal(http::status::internal_server_error, error.message());
}

asio::awaitable<reply> show_entry(count_table table, std::string key)
{
    auto const [error, value] = co_await table.async_get(key, wait_for_result);
    if (error)
    {
        auto const partition = table.partition_of(key).value_or(-1);
        co_return cannot_look(error, "partition " + std::to_string(partition) + " with \"" + key + "\"");
    }
    if (!value)
        co_return refusal(http::status::not_found, "\"" + key + "\" has no value in \"" + table.name() + "\"");
    co_return entry_as_json(key, *value);
}

std::optional<std::size_t> limit_of(question const& asked)
{
    auto const found = asked.parameters.find("limit");
    if (found == asked.parameters.end())
        return usual_limit;
    auto limit = std::size_t{};
    auto const* const end = found->second.data() + found->second.size();
    auto const [stopped, error] = std::from_chars(found->second.data(), end, limit);
    return error == std::errc{} && stopped == end ? std::optional{limit} : std::nullopt;
}

asio::awaitable<reply> show_entries(count_table table, question asked)
{
    auto const limit = limit_of(asked);
    if (!limit)
        co_return refusal(http::status::bad_request, "limit is a whole number");
    auto const prefix = asked.parameters["prefix"];
    auto const [error, found] = co_await table.async_scan(prefix, *limit, wait_for_result);
    if (error)
        co_return cannot_look(error, "the table \"" + table.name() + "\", or a part of it,");
    co_return entries_as_json(found);
}

} // namespace

void show_table(http_server& server, count_table const& table)
{
    auto const path = "/tables/" + table.name();
    server.get(path, [table](question asked) { return show_entries(table, std::move(asked)); });
    server.get(path + "/", [table](question asked) { return show_entry(table, std::move(asked.rest)); });
}

} // namespace examples

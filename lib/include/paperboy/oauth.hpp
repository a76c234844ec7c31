#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace paperboy
{

/// What SASL/OAUTHBEARER logs in with.
struct oauth_token
{
    /// The token itself, as the brokers are to get it. It never appears in a log or an error.
    std::string value;

    /// When it expires; a new one is asked for when four fifths of the time until then are over.
    std::chrono::system_clock::time_point expires;

    /// Whom it is about; must not be empty.
    std::string principal;

    /// SASL extensions; the names are of letters only, and none is "auth".
    std::map<std::string, std::string> extensions = {};

    oauth_token() = default;

    /// A token without extensions.
    oauth_token(std::string token, std::chrono::system_clock::time_point until, std::string about)
        : value{std::move(token)}, expires{until}, principal{std::move(about)}
    {
    }
};

/// Gets a token, for `config::oauth`. Called on the engine's executor, one call at a time, before the first connection
/// and whenever the current token gets old; consumer and producer share what it returns.
///
/// It may wait as long as it likes up to 30 seconds; then it is cancelled, which the log says, and again for each
/// 30 seconds that it goes on all the same. An exception, or a token that cannot be used, is logged and told to
/// `observer::on_client_error`, and another is asked for after a pause of a second, longer after each failure, up to 30
/// seconds. Its text should not tell secrets.
using oauth_source = std::function<boost::asio::awaitable<oauth_token>()>;

} // namespace paperboy

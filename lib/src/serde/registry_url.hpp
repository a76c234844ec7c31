#pragma once

#include <string>
#include <string_view>

namespace paperboy::serde
{

// A base URL of a registry, taken apart.
struct registry_url
{
    bool tls = false;
    std::string host;
    std::string port;
    // Begins with '/' and does not end with it, or empty.
    std::string prefix;
    // What was in front of an '@'; decoded.
    std::string user;
    std::string password;

    // For logs and errors: without user and password.
    [[nodiscard]] std::string shown() const;
};

// Throws setup_error (errc::invalid_config) that shows the URL without user and password.
[[nodiscard]] registry_url parse_registry_url(std::string_view text);

// A segment of a path: everything but letters, digits, '-', '.', '_' and '~' percent-encoded.
[[nodiscard]] std::string percent_encoded(std::string_view text);

// Printable ASCII of what somebody else wrote, at most `limit` bytes: fit for a log line.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 80);

} // namespace paperboy::serde

#include "serde/registry_settings.hpp"

#include <paperboy/error.hpp>

#include <algorithm>
#include <string>

namespace paperboy::serde
{
namespace
{

using namespace std::chrono_literals;

[[noreturn]] void refuse(std::string const& text)
{
    throw setup_error{errc::invalid_config, "paperboy: schema_registry_settings::" + text};
}

void check_range(char const* field, std::chrono::milliseconds value, std::chrono::milliseconds least,
                 std::chrono::milliseconds most)
{
    if (value < least || value > most)
        refuse(std::string{field} + " is " + std::to_string(value.count()) + " ms; set it to " +
               std::to_string(least.count()) + " to " + std::to_string(most.count()) + " ms");
}

void check_range(char const* field, std::size_t value, std::size_t least, std::size_t most)
{
    if (value < least || value > most)
        refuse(std::string{field} + " is " + std::to_string(value) + "; set it to " + std::to_string(least) + " to " +
               std::to_string(most));
}

// A line end in a field of HTTP would begin another one.
bool has_control_characters(std::string const& text)
{
    return std::ranges::any_of(text, [](char c) { return c >= 0 && (c < ' ' || c == '\x7f'); });
}

void check_credentials(schema_registry_settings const& settings)
{
    if (!settings.user.empty() && !settings.bearer_token.empty())
        refuse("user and bearer_token are both set; set one of them");
    if (settings.user.empty() && !settings.password.empty())
        refuse("password is set without user; set both");
    if (settings.user.find(':') != settings.user.npos)
        refuse("user has a ':', which basic authentication cannot carry");
    if (has_control_characters(settings.bearer_token))
        refuse("bearer_token has control characters; is there a line end behind it?");
    if (settings.certificate_file.empty() != settings.key_file.empty())
        refuse("certificate_file and key_file belong together; set both or neither");
}

} // namespace

schema_registry_settings const& checked(schema_registry_settings const& settings)
{
    if (settings.urls.empty())
        refuse("urls is empty; name at least one, for example \"http://localhost:8081/apis/ccompat/v7\"");
    check_credentials(settings);
    check_range("request_timeout", settings.request_timeout, 10ms, 10min);
    check_range("retries", settings.retries, 0, 1000);
    check_range("backoff", settings.backoff, 1ms, 10min);
    check_range("max_backoff", settings.max_backoff, 1ms, 1h);
    check_range("unknown_ttl", settings.unknown_ttl, 0ms, 1h);
    check_range("latest_ttl", settings.latest_ttl, 0ms, 1h);
    check_range("cache_limit", settings.cache_limit, 1, 10'000'000);
    check_range("max_connections", settings.max_connections, 1, 1000);
    check_range("max_response", settings.max_response, std::size_t{1} << 10U, std::size_t{1} << 30U);
    return settings; // NOLINT(bugprone-return-const-ref-from-parameter): used within the caller's expression
}

} // namespace paperboy::serde

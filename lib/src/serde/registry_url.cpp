#include "serde/registry_url.hpp"

#include <paperboy/error.hpp>

#include <algorithm>
#include <optional>

namespace paperboy::serde
{
namespace
{

constexpr std::string_view hex_digits = "0123456789ABCDEF";

bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Whatever stands between "://" and the last '@' before the path may be a secret.
std::string without_userinfo(std::string_view text)
{
    auto const scheme = text.find("://");
    auto const begin = scheme == text.npos ? 0 : scheme + 3;
    auto const at = text.substr(begin).rfind('@');
    auto out = std::string{text.substr(0, begin)};
    out += at == text.npos ? text.substr(begin) : text.substr(begin + at + 1);
    return printable(out, 200);
}

[[noreturn]] void refuse(std::string_view text, std::string const& why)
{
    throw setup_error{errc::invalid_config, "paperboy: schema_registry_settings::urls has \"" + without_userinfo(text) +
                                                "\"; " + why +
                                                ", as in \"https://user:password@registry.example:8081/prefix\""};
}

std::optional<unsigned> hex_value(char c)
{
    auto const upper = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    auto const at = hex_digits.find(upper);
    return at == hex_digits.npos ? std::nullopt : std::optional{static_cast<unsigned>(at)};
}

std::optional<std::string> percent_decoded(std::string_view text)
{
    auto out = std::string{};
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        if (text[i] != '%')
        {
            out += text[i];
            continue;
        }
        auto const high = i + 1 < text.size() ? hex_value(text[i + 1]) : std::nullopt;
        auto const low = i + 2 < text.size() ? hex_value(text[i + 2]) : std::nullopt;
        if (!high || !low)
            return std::nullopt;
        out += static_cast<char>(*high << 4U | *low);
        i += 2;
    }
    return out;
}

void take_userinfo(std::string_view text, std::string_view userinfo, registry_url& into)
{
    auto const colon = userinfo.find(':');
    auto const user = percent_decoded(userinfo.substr(0, colon));
    auto const password = percent_decoded(colon == userinfo.npos ? "" : userinfo.substr(colon + 1));
    if (!user || !password || user->empty())
        refuse(text, "percent-encode what is special in user and password");
    if (user->find(':') != user->npos)
        refuse(text, "a user of basic authentication cannot have a ':'");
    into.user = *user;
    into.password = *password;
}

void take_address(std::string_view text, std::string_view address, registry_url& into)
{
    auto const host_end = address.starts_with('[') ? address.find(']') : address.find(':');
    if (address.starts_with('['))
    {
        if (host_end == address.npos)
            refuse(text, "close the bracket of the IPv6 address");
        into.host = address.substr(1, host_end - 1);
        address.remove_prefix(host_end + 1);
    }
    else
    {
        into.host = address.substr(0, host_end);
        address.remove_prefix(std::min(host_end, address.size()));
    }
    into.port = into.tls ? "443" : "80";
    if (!address.empty())
    {
        into.port = address.substr(1);
        auto const digits = std::ranges::all_of(into.port, [](char c) { return c >= '0' && c <= '9'; });
        if (address.front() != ':' || into.port.empty() || into.port.size() > 5 || !digits ||
            std::stoi(into.port) < 1 || std::stoi(into.port) > 65535)
            refuse(text, "its port is no number from 1 to 65535; name host and port");
    }
    auto const named = [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == ':'; };
    if (into.host.empty() || !std::ranges::all_of(into.host, named))
        refuse(text, "it has no usable host; name host and port");
}

} // namespace

std::string registry_url::shown() const
{
    auto const ipv6 = host.find(':') != host.npos;
    return (tls ? "https://" : "http://") + (ipv6 ? "[" + host + "]" : host) + ":" + port + prefix;
}

registry_url parse_registry_url(std::string_view text)
{
    auto url = registry_url{};
    auto rest = text;
    url.tls = rest.starts_with("https://");
    if (!url.tls && !rest.starts_with("http://"))
        refuse(text, "begin it with http:// or https://");
    rest.remove_prefix(url.tls ? 8 : 7);
    auto const slash = rest.find('/');
    auto authority = rest.substr(0, slash);
    if (auto const at = rest.rfind('@'); at != rest.npos && at > authority.size())
        refuse(text, "percent-encode '/' in user and password");
    url.prefix = slash == rest.npos ? "" : rest.substr(slash);
    while (url.prefix.ends_with('/'))
        url.prefix.pop_back();
    for (auto const c : url.prefix)
        if (!is_alphanumeric(c) && std::string_view{"/-._~%!$&'()*+,;=:@"}.find(c) == std::string_view::npos)
            refuse(text,
                   "its path may not have a query, a fragment or spaces; name scheme, host, port and path prefix");
    if (auto const at = authority.rfind('@'); at != authority.npos)
    {
        take_userinfo(text, authority.substr(0, at), url);
        authority.remove_prefix(at + 1);
    }
    take_address(text, authority, url);
    return url;
}

std::string percent_encoded(std::string_view text)
{
    auto out = std::string{};
    for (auto const c : text)
    {
        if (is_alphanumeric(c) || std::string_view{"-._~"}.find(c) != std::string_view::npos)
        {
            out += c;
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        out += '%';
        out += hex_digits[byte >> 4U];
        out += hex_digits[byte & 15U];
    }
    return out;
}

std::string printable(std::string_view text, std::size_t limit)
{
    auto out = std::string{text.substr(0, limit)};
    std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, ' ');
    return text.size() > limit ? out + "…" : out;
}

} // namespace paperboy::serde

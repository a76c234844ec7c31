#include "kafka/secrets.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace paperboy::kafka
{
namespace
{

constexpr std::size_t shortest = 4;
constexpr std::string_view instead = "(hidden)";

} // namespace

bool is_secret(std::string_view property) noexcept
{
    for (auto const* const part :
         {"password", "passphrase", "secret", ".key.pem", "sasl.oauthbearer.config", "sasl.jaas.config"})
        if (property.find(part) != property.npos)
            return true;
    return false;
}

secrets::secrets(config const& settings)
{
    for (auto const* const given : {&settings.properties, &settings.producer.properties})
        for (auto const& [name, value] : *given)
            if (is_secret(name))
                add(value);
}

void secrets::add(std::string value)
{
    if (value.size() >= shortest)
        all_.push_back(std::move(value));
}

void secrets::add_token(std::string value)
{
    if (value != tokens_.front())
        tokens_.back() = std::exchange(tokens_.front(), std::move(value));
}

std::string secrets::hide(std::string text) const
{
    auto hidden = std::vector<std::string_view>{all_.begin(), all_.end()};
    for (auto const& token : tokens_)
        if (token.size() >= shortest)
            hidden.emplace_back(token);
    std::ranges::sort(hidden, std::greater{}, &std::string_view::size);
    for (auto const& each : hidden)
        for (auto at = text.find(each); at != text.npos; at = text.find(each, at + instead.size()))
            text.replace(at, each.size(), instead);
    return text;
}

} // namespace paperboy::kafka

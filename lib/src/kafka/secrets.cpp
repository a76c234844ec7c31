#include "kafka/secrets.hpp"

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
    for (auto const* const part : {"password", "secret", ".key.pem", "sasl.oauthbearer.config", "sasl.jaas.config"})
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

std::string secrets::hide(std::string text) const
{
    for (auto const& each : all_)
        for (auto at = text.find(each); at != text.npos; at = text.find(each, at + instead.size()))
            text.replace(at, each.size(), instead);
    return text;
}

} // namespace paperboy::kafka

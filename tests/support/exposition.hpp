#pragma once

#include <map>
#include <string>
#include <string_view>

namespace paperboy::test
{

// A family of series in Prometheus' text format.
struct exposed_family
{
    std::string type;
    std::string help;
    // By what stands in front of the value, such as `name{label="x"}`.
    std::map<std::string, double> series;
};

// Reads the text format, version 0.0.4, and throws for everything that it, or promtool's lint, would find fault with.
[[nodiscard]] std::map<std::string, exposed_family> parse_exposition(std::string_view text);

} // namespace paperboy::test

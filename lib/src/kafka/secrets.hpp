#pragma once

#include <paperboy/config.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace paperboy::kafka
{

// Whether a property's value must not be shown.
[[nodiscard]] bool is_secret(std::string_view property) noexcept;

// Keeps the secrets of a configuration out of texts that librdkafka makes.
class secrets
{
public:
    secrets() = default;
    explicit secrets(config const& settings);

    void add(std::string value);

    // The text, each secret replaced by "(hidden)". Those of less than 4 characters are not looked for: they would be
    // found in every word.
    [[nodiscard]] std::string hide(std::string text) const;

private:
    std::vector<std::string> all_;
};

} // namespace paperboy::kafka

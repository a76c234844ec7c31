#pragma once

#include <paperboy/config.hpp>

#include <array>
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

    // Of the tokens the last two are secrets: clients may still tell of the one that is being replaced.
    void add_token(std::string value);

    // The text, each secret replaced by "(hidden)", the longest first: another may be a part of it. Those of less than
    // 4 characters are not looked for: they would be found in every word.
    [[nodiscard]] std::string hide(std::string text) const;

private:
    std::vector<std::string> all_;
    std::array<std::string, 2> tokens_;
};

} // namespace paperboy::kafka

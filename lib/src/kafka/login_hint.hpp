#pragma once

#include <paperboy/config.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace paperboy::kafka
{

// What a failed connection most probably comes from.
struct login_hint
{
    // What to do about it.
    std::string remedy;

    // Whether trying again cannot help: the broker was there, and has refused or was refused.
    bool final = false;

    // Whether it was TLS that failed, not the login.
    bool tls = false;
};

// Reads the text of librdkafka's error about a connection or a login. Nothing when it has nothing to do with security.
// `version`: librdkafka's.
[[nodiscard]] std::optional<login_hint> hint_for(std::string_view text, config const& settings, int version);

} // namespace paperboy::kafka

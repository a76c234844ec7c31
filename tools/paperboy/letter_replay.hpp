#pragma once

#include "command.hpp"
#include "connection.hpp"

#include <cstdint>
#include <string>

namespace paperboy::cli
{

struct replay_options
{
    std::string topic;
    std::string group;
    /// Empty: where each letter came from.
    std::string to;
    /// Letters a second; 0: as fast as it goes.
    double rate = 0;
    /// 0: all that are there.
    std::uint64_t count = 0;
    bool dry_run = false;
    bool as_json = false;
};

/// Sends the dead letters that wait back, in the order of each partition, without the engine's headers, and commits how
/// far it has come. Those that come in meanwhile are left to the next replay, or letters that fail again would go round
/// for ever.
[[nodiscard]] exit_code replay(connection const& cluster, replay_options const& options);

} // namespace paperboy::cli

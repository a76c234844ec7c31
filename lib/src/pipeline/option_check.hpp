#pragma once

#include <paperboy/handler.hpp>
#include <paperboy/mode.hpp>

#include <string>

namespace paperboy::pipeline
{

// Throws setup_error, naming the place, for a policy that cannot work.
void check(mode_policy const& policy, std::string const& place);

// Likewise for the options of a handler, whose mode is set; `asynchronous`: whether it has an awaitable hook.
void check(handler_options const& options, bool asynchronous, std::string const& place);

// Likewise for where partitions start; `topic`: what they are of, empty when of any topic.
void check(start_at const& start, std::string const& topic, std::string const& place);

} // namespace paperboy::pipeline

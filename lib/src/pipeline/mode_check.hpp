#pragma once

#include <paperboy/mode.hpp>

#include <string>

namespace paperboy::pipeline
{

// Throws setup_error, naming the place, for a policy that cannot work.
void check(mode_policy const& policy, std::string const& place);

} // namespace paperboy::pipeline

#pragma once

#include <paperboy/schema_registry.hpp>

namespace paperboy::serde
{

// The settings themselves. Throws setup_error (errc::invalid_config) for what can be seen to be wrong without opening
// files or taking URLs apart.
schema_registry_settings const& checked(schema_registry_settings const& settings);

} // namespace paperboy::serde

#pragma once

#include "support/broker_process.hpp"

namespace paperboy::test
{

// The broker that these tests mistreat: one for the whole program, alive at the beginning of each test. Beside its open
// listener it has one for logins as alice with the password "secret".
[[nodiscard]] own_broker const& victim();

} // namespace paperboy::test

#pragma once

#include "support/broker_process.hpp"
#include "support/test_authority.hpp"

namespace paperboy::test
{

// The broker that these tests mistreat: one for the whole program, alive at the beginning of each test. Beside its open
// listener it has one for logins as alice with the password "secret", with TLS and without, and one for clients with a
// certificate.
[[nodiscard]] own_broker const& victim();

// Who has signed its certificate, and those of its clients.
[[nodiscard]] test_authority const& authority();

} // namespace paperboy::test

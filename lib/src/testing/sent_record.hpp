#pragma once

#include <paperboy/detail/outgoing.hpp>
#include <paperboy/testing.hpp>

#include <cstdint>
#include <string>

namespace paperboy::testing
{

// A record to be produced, kept. `cause`: the offset that it is sent on behalf of, or -1.
[[nodiscard]] sent_record keep(paperboy::detail::outgoing_view const& what, std::string topic, std::int64_t cause);

} // namespace paperboy::testing

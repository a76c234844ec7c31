#pragma once

#include <paperboy/engine.hpp>

#include <functional>
#include <string>

namespace paperboy::bench
{

// What /metrics of this engine says, each time that it is called; empty where the component is not built.
[[nodiscard]] std::function<std::string()> scrape_of(engine const& watched);
[[nodiscard]] bool can_scrape();

} // namespace paperboy::bench

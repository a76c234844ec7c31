#pragma once

#include "page_views.hpp"

#include <paperboy/stats.hpp>

#include <string>

namespace examples
{

/// {"/":68162,"/search":42654}
[[nodiscard]] std::string counts_as_json(page_views::counts const& counts);

/// What an engine has done, and where each of its partitions stands.
[[nodiscard]] std::string stats_as_json(paperboy::engine_stats const& stats);

} // namespace examples

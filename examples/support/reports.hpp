#pragma once

#include "page_views.hpp"

#include <paperboy/error.hpp>
#include <paperboy/stats.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace examples
{

/// {"/":68162,"/search":42654}
[[nodiscard]] std::string counts_as_json(page_views::counts const& counts);

/// {"key":"visitor-7","value":12}
[[nodiscard]] std::string entry_as_json(std::string_view key, std::int64_t value);

/// [{"key":"visitor-7","value":12},…]
[[nodiscard]] std::string entries_as_json(page_views::count_table::entries const& entries);

/// {"error":"…"}
[[nodiscard]] std::string error_as_json(std::string_view text);

/// What an engine has done, and where each of its partitions stands.
[[nodiscard]] std::string stats_as_json(paperboy::engine_stats const& stats);

} // namespace examples

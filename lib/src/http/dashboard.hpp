#pragma once

#include <string_view>

namespace paperboy::http
{

// The page that shows an engine live; dashboard.html, compiled in.
[[nodiscard]] std::string_view dashboard() noexcept;

} // namespace paperboy::http

#pragma once

#include <string_view>

namespace paperboy::detail
{

// Whether a topic may have this name.
[[nodiscard]] bool is_topic_name(std::string_view text) noexcept;

} // namespace paperboy::detail

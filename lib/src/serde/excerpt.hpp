#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace paperboy::serde
{

// The beginning of a text for an error's line: at most `longest` bytes, cut between characters, with "…" behind them
// where something was cut; control characters, and in what is not UTF-8 all beyond ASCII, are question marks.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t longest);

} // namespace paperboy::serde

#pragma once

#include <cstddef>
#include <ranges>
#include <string>

namespace paperboy::engine_detail
{

// The elements for a line of the log, which not even a thousand partitions make long.
template <std::ranges::sized_range Range, class ToText>
[[nodiscard]] std::string list_of(Range const& all, ToText const& to_text)
{
    constexpr std::size_t most = 20;
    auto text = std::string{};
    for (auto const& each : all | std::views::take(most))
        text += (text.empty() ? "" : ", ") + to_text(each);
    if (std::ranges::size(all) > most)
        text += ", …";
    return text.empty() ? "none" : text;
}

} // namespace paperboy::engine_detail

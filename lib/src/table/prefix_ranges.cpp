#include <paperboy/detail/table_serdes.hpp>

#include <algorithm>

namespace paperboy::detail
{
namespace
{

constexpr auto first_short_text = 0xa0U;
constexpr auto longest_short_text = 31U;
constexpr auto text_of_one_length_byte = '\xd9';
constexpr auto longest_with_one_length_byte = 255U;

// Texts of one length that begin with `prefix`; `next` is what all longer ones begin with, at least.
void add(std::vector<key_range>& to, std::string const& head, std::string const& next, std::string_view prefix)
{
    auto const end = end_of_prefix(prefix);
    to.emplace_back(head + std::string{prefix}, end.empty() ? next : head + end);
}

[[nodiscard]] std::string short_head(std::size_t size)
{
    return {static_cast<char>(first_short_text + size)};
}

[[nodiscard]] std::string long_head(std::size_t size)
{
    if (size > longest_with_one_length_byte)
        return {static_cast<char>(text_of_one_length_byte + 1)};
    return {text_of_one_length_byte, static_cast<char>(size)};
}

} // namespace

// Short texts may be written with a longer head, and texts as bytes: by others, and seldom. So texts with one byte of
// length are looked for in all sizes, and the rest is read as a whole, as are texts of more than 255 bytes.
std::vector<key_range> msgpack_prefix_ranges(std::string_view prefix)
{
    auto ranges = std::vector<key_range>{};
    if (prefix.empty())
    {
        ranges.emplace_back();
        return ranges;
    }
    for (auto size = prefix.size(); size <= longest_short_text; ++size)
        add(ranges, short_head(size), short_head(size + 1), prefix);
    ranges.emplace_back("\xc4", "\xc7");
    for (auto size = prefix.size(); size <= longest_with_one_length_byte; ++size)
        add(ranges, long_head(size), long_head(size + 1), prefix);
    ranges.emplace_back("\xda", "\xdc");
    return ranges;
}

} // namespace paperboy::detail

#include "rocksdb/stored_keys.hpp"

#include <charconv>

namespace paperboy::rocksdb_detail
{
namespace
{

constexpr auto version = std::string_view{"paperboy 2 "};

// A number in front of a space; "-" for none. Nothing at all when it is neither.
[[nodiscard]] std::optional<std::optional<std::int64_t>> take_number(std::string_view& bytes)
{
    auto const space = bytes.find(' ');
    if (space == std::string_view::npos)
        return std::nullopt;
    auto const text = bytes.substr(0, space);
    bytes.remove_prefix(space + 1);
    if (text == "-")
        return std::optional<std::int64_t>{};
    auto number = std::int64_t{0};
    auto const* const begin = text.data();
    auto const* const end = begin + text.size();
    auto const read = std::from_chars(begin, end, number);
    if (read.ec != std::errc{} || read.ptr != end)
        return std::nullopt;
    return std::optional{number};
}

[[nodiscard]] std::string text_of(std::optional<std::int64_t> number)
{
    return number ? std::to_string(*number) : "-";
}

} // namespace

// As text, for whoever looks at a store with RocksDB's tools: next offset, age as a time in milliseconds, identity.
std::string write_state(shard_state const& state)
{
    auto age = std::optional<std::int64_t>{};
    if (state.as_of)
        age = std::chrono::duration_cast<std::chrono::milliseconds>(state.as_of->time_since_epoch()).count();
    return std::string{version} + text_of(state.next_offset) + ' ' + text_of(age) + ' ' + state.identity;
}

std::optional<shard_state> read_state(std::string_view bytes)
{
    if (!bytes.starts_with(version))
        return std::nullopt;
    bytes.remove_prefix(version.size());
    auto const offset = take_number(bytes);
    auto const age = offset ? take_number(bytes) : std::nullopt;
    if (!age)
        return std::nullopt;
    auto state = shard_state{*offset, std::string{bytes}};
    if (*age)
        state.as_of = std::chrono::system_clock::time_point{std::chrono::milliseconds{**age}};
    return state;
}

} // namespace paperboy::rocksdb_detail

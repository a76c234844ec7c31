#include "rocksdb/stored_keys.hpp"

#include <charconv>

namespace paperboy::rocksdb_detail
{
namespace
{

constexpr auto version = std::string_view{"paperboy 1 "};

} // namespace

// As text, for whoever looks at a store with RocksDB's tools.
std::string write_state(shard_state const& state)
{
    auto text = std::string{version};
    text += state.next_offset ? std::to_string(*state.next_offset) : "-";
    text += ' ';
    text += state.identity;
    return text;
}

std::optional<shard_state> read_state(std::string_view bytes)
{
    if (!bytes.starts_with(version))
        return std::nullopt;
    bytes.remove_prefix(version.size());
    auto const space = bytes.find(' ');
    if (space == std::string_view::npos)
        return std::nullopt;
    auto state = shard_state{std::nullopt, std::string{bytes.substr(space + 1)}};
    auto const offset = std::string{bytes.substr(0, space)};
    if (offset == "-")
        return state;
    auto const* const end = offset.data() + offset.size();
    auto const read = std::from_chars(offset.data(), end, state.next_offset.emplace());
    if (read.ec != std::errc{} || read.ptr != end)
        return std::nullopt;
    return state;
}

} // namespace paperboy::rocksdb_detail

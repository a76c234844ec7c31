#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paperboy::rocksdb_detail
{

// In a shard's column family the empty key holds what the shard is. So users' keys that are empty, or begin with a zero
// byte, get one in front; the order of keys stays what it was, and most keys stay as they are.
constexpr auto state_key = std::string_view{};

[[nodiscard]] inline bool moved(std::string_view key) noexcept
{
    return key.empty() || key.front() == '\0';
}

// A user's key as it is stored; `room` is where it is written to when it is not the same.
[[nodiscard]] inline std::string_view stored_key(std::string_view key, std::string& room)
{
    if (!moved(key))
        return key;
    room.assign(1, '\0').append(key);
    return room;
}

// The other way.
[[nodiscard]] inline std::string_view users_key(std::string_view stored) noexcept
{
    return !stored.empty() && stored.front() == '\0' ? stored.substr(1) : stored;
}

// What a shard is.
struct shard_state
{
    std::optional<std::int64_t> next_offset;
    std::string identity;
    // To the millisecond.
    std::optional<std::chrono::system_clock::time_point> as_of = {};
};

[[nodiscard]] std::string write_state(shard_state const& state);
// Nothing when it is not what was written.
[[nodiscard]] std::optional<shard_state> read_state(std::string_view bytes);

} // namespace paperboy::rocksdb_detail

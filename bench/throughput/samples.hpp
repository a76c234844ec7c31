#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace paperboy::bench
{

// A record to produce; the key is empty for a record without one.
struct sample
{
    std::string key;
    std::string value;
};

// What a topic is filled with. `make` is the same for the same number, whoever runs it.
struct topic_kind
{
    std::string_view name;
    std::uint64_t full_size;
    char const* compression;
    void (*make)(std::uint64_t number, std::uint64_t total, sample& out);
    // All records but one of each partition are in the first.
    bool skewed = false;
    // A changelog: compacted, and beside it a topic "NAME-source" that stays empty.
    bool changelog = false;
};

// How a topic is laid out: so many partitions, of which the first so many have all the records that have no key.
struct topic_layout
{
    static constexpr std::int32_t usual = 8;

    std::int32_t partitions = usual;
    std::int32_t active = usual;
};

// Throws usage_error for a name that is not a topic of ours.
[[nodiscard]] topic_kind const& find_topic_kind(std::string_view name);

} // namespace paperboy::bench

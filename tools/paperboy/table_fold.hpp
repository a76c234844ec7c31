#pragma once

#include "output.hpp"

#include <paperboy/admin.hpp>
#include <paperboy/config.hpp>

#include <paperboy/record.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace paperboy::cli
{

/// The changelog does not reach to the store's offset, or from it on; the text says why.
class changelog_out_of_reach : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/// Stands for a value: two hashes that have nothing in common. Values that differ by accident have the same ones by a
/// chance of about 1 in 2^128.
struct value_digest
{
    std::uint64_t one = 0;
    std::uint64_t other = 0;

    friend bool operator==(value_digest const&, value_digest const&) = default;
};

[[nodiscard]] value_digest digest_of(std::string_view value) noexcept;

/// What a changelog partition says of a key.
struct changelog_entry
{
    /// The last change in front of the store's offset; nothing: there is none any more.
    std::optional<std::int64_t> offset;
    /// Of its value; nothing: it was erased.
    std::optional<value_digest> value;
    /// A later change has come, so that compaction may have taken away what the store has.
    bool changed_later = false;
};

using changelog_fold = std::map<std::string, changelog_entry, std::less<>>;

/// Reads a changelog partition, until `stop` says so. Functions throw cluster_error, and command_failed when nothing
/// comes for `limit`.
class changelog_scan
{
public:
    /// `settings` and `progress` have to live as long.
    changelog_scan(config const& settings, topic_partition where, std::chrono::milliseconds limit,
                   progress_line& progress, std::function<bool()> stop);

    /// Reads all of it, and folds what is in front of `next_offset`: keeps all keys in memory, and digests of values.
    /// Stops with what there is. Throws changelog_out_of_reach as well.
    [[nodiscard]] changelog_fold fold(admin& cluster, std::int64_t next_offset) const;

    /// Reads what is there of these offsets, up to but not including `end`, and perhaps more.
    void read(std::int64_t from, std::int64_t end, std::function<void(record_view const&)> const& each) const;

private:
    config const& settings_;
    topic_partition where_;
    std::chrono::milliseconds limit_;
    progress_line& progress_;
    std::function<bool()> stop_;
};

} // namespace paperboy::cli

#pragma once

#include "output.hpp"

#include <paperboy/admin.hpp>
#include <paperboy/config.hpp>

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

/// What a changelog partition says of a key.
struct changelog_entry
{
    /// The last change in front of the store's offset; nothing: there is none any more.
    std::optional<std::int64_t> offset;
    /// Its value; nothing: it was erased.
    std::optional<std::string> value;
    /// A later change has come, so that compaction may have taken away what the store has.
    bool changed_later = false;
};

using changelog_fold = std::map<std::string, changelog_entry, std::less<>>;

/// Reads a changelog partition to its end, and folds what is in front of `next_offset`. Keeps all keys and values in
/// memory. Stops when `stop` says so, with what there is. Throws changelog_out_of_reach, cluster_error, and
/// command_failed when nothing comes for `limit`.
[[nodiscard]] changelog_fold fold_changelog(config const& settings, admin& cluster, topic_partition const& changelog,
                                            std::int64_t next_offset, std::chrono::milliseconds limit,
                                            progress_line& progress, std::function<bool()> const& stop);

} // namespace paperboy::cli

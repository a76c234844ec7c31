#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace paperboy
{

/// How a partition's records reach a handler that has `on_bulk`. Handlers without it always get them one by one.
enum class handling_mode
{
    /// One by one while the partition is caught up, in bulk while it lags.
    automatic,
    /// Always one by one: `on_message`.
    single,
    /// Always in bulk: `on_bulk`.
    bulk,
};

/// The name of the mode.
[[nodiscard]] std::string_view to_string(handling_mode mode) noexcept;

/// When a partition is handled in bulk, and how large a bulk gets. Each partition decides for itself.
///
/// The limits are upper bounds: a bulk also ends where an eighth of the partition's share of `config::memory_limit` is
/// full, and its share is that limit divided by the partitions assigned.
struct mode_policy
{
    /// Which mode, or automatic.
    handling_mode mode = handling_mode::automatic;

    /// Automatic: a partition turns to bulk when more records than this wait (high watermark minus next offset).
    /// 0 or more.
    std::int64_t enter_above_lag = 10'000;

    /// Automatic: it turns back when fewer than this wait. At most `enter_above_lag`; 1 or more.
    std::int64_t leave_below_lag = 1'000;

    /// Automatic: shortest time in a mode before the next turn. 0 to 1 h.
    std::chrono::milliseconds min_dwell{1000};

    /// A bulk ends with this many records. 1 to 1,000,000.
    std::size_t max_records = 1'000;

    /// While more records wait than one bulk may have, but fewer than two, they are divided into two bulks of half as
    /// many each. So none waits for the next fetch, which would keep all of the fetched buffer that it lies in: that
    /// costs up to a fifth of the CPU time. With false, each bulk of a partition that lags has all its `max_records`.
    bool even_bulks = true;

    /// A bulk ends before its keys and values exceed this many bytes; a larger record is a bulk of its own. 1 or more.
    std::size_t max_bytes = std::size_t{8} * 1024 * 1024;

    /// A bulk ends when its first record has waited this long, from its fetch or from the bulk before it. 0 to 1 h.
    std::chrono::milliseconds max_wait{100};
};

} // namespace paperboy

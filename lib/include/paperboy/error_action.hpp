#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace paperboy
{

/// How often, and after which pauses, a failed record is tried again.
///
/// The n-th pause is `first * factor^(n - 1)`, at most `longest`, shortened by a random part of itself up to `jitter`,
/// and at least 1 ms.
struct backoff
{
    /// The first pause. 1 ms to 1 h.
    std::chrono::milliseconds first{100};

    /// Each pause is so many times the one before. 1 to 100.
    double factor = 2;

    /// No pause is longer. `first` to 24 h.
    std::chrono::milliseconds longest{10'000};

    /// How much of a pause chance may take away, so that not all partitions come back at once. 0 to 1.
    double jitter = 0.2;

    /// Give up after so many further attempts; 0: by time only.
    std::size_t attempts = 10;

    /// Give up rather than begin an attempt that is later than this after the first failure; 0: by count only. With
    /// neither limit a record is tried for ever.
    std::chrono::milliseconds total{0};

    bool operator==(backoff const&) const = default;
};

/// What becomes of a record whose hook or decoding failed; `on_error` returns it.
class error_action
{
public:
    enum class kind
    {
        fail,
        skip,
        retry,
    };

    /// The engine finishes other running hooks, commits what is finished, stops, and `async_run` completes with
    /// `errc::handler_failed`. The record is not finished: the next run starts with it. The default without `on_error`.
    static error_action const fail;

    /// The failure is logged and counted, the record counts as finished, the next one follows.
    static error_action const skip;

    /// All hooks of the record run again after a pause, from `define_context` on; `on_error` is asked at each failure.
    /// Meanwhile its partition waits (with `ordering::key` its key, as long as other records leave room in
    /// `max_concurrency`), other partitions do not, and the engine stays in its group. `pause()` does not keep a record
    /// from its next attempt. Revocation and `stop()` end a pause; the record then comes again later. When `how` is
    /// used up, `otherwise` applies, which must be `fail` or `skip`.
    ///
    /// Throws `setup_error` (`errc::invalid_config`) for values outside their ranges.
    [[nodiscard]] static error_action retry(backoff const& how = {}, error_action const& otherwise = fail);

    /// Which of them it is.
    [[nodiscard]] constexpr kind what() const noexcept { return what_; }

    /// With `retry`: how, and what applies in the end.
    [[nodiscard]] constexpr backoff const& how() const noexcept { return how_; }
    [[nodiscard]] constexpr kind otherwise() const noexcept { return otherwise_; }

    bool operator==(error_action const&) const = default;

private:
    constexpr explicit error_action(kind what) noexcept : what_{what}, otherwise_{what} {}

    kind what_;
    kind otherwise_;
    backoff how_ = {};
};

inline constexpr error_action error_action::fail{kind::fail};
inline constexpr error_action error_action::skip{kind::skip};

/// "fail", "skip" or "retry".
[[nodiscard]] std::string_view to_string(error_action::kind what) noexcept;

} // namespace paperboy

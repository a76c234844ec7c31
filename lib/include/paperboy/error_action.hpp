#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
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

    /// Whether all fields are equal.
    bool operator==(backoff const&) const = default;
};

/// What becomes of a record whose hook or decoding failed; `on_error` returns it.
class error_action
{
public:
    /// Which action it is; the functions that make them say what each does.
    enum class kind
    {
        fail,
        skip,
        retry,
        dead_letter,
    };

    /// The engine finishes other running hooks, commits what is finished, stops, and `async_run` completes with
    /// `errc::handler_failed`. The record is not finished: the next run starts with it. The default without `on_error`.
    static error_action const fail;

    /// The failure is logged and counted, the record counts as finished, the next one follows.
    static error_action const skip;

    /// All hooks of the record run again after a pause, from `define_context` on; `on_error` is asked at each failure.
    /// Meanwhile its partition waits (with `ordering::key` its key, as long as other records leave room in
    /// `max_concurrency`), other partitions do not, and the engine stays in its group. `pause()` holds the attempt back
    /// until `resume()` (not in bulks, nor with `ordering::key`). Revocation and `stop()` end a pause; the record then
    /// comes again later. When `how` is used up, `otherwise` applies, which may be anything but another retry.
    ///
    /// Throws `setup_error` (`errc::invalid_config`) for values outside their ranges.
    [[nodiscard]] static error_action retry(backoff const& how = {}, error_action const& otherwise = fail);

    /// The record is produced, as it came, to a topic for dead letters, and the next one follows. Its offset is
    /// finished only when that topic has acknowledged it: a crash may produce it twice, and never loses it.
    ///
    /// `topic`: where to; empty: the record's own topic with ".dlq" behind it. The record keeps its key, value, headers
    /// and timestamp (null keys and values too) and goes to the partition of its own number, modulo the number of
    /// partitions there. Behind its own headers it gets these, all of them text; those of a record that was a dead
    /// letter before stay in front of the new ones:
    ///
    /// - `__paperboy.errors.topic`, `.partition`, `.offset`: where it came from;
    /// - `__paperboy.errors.timestamp`: its timestamp there, in milliseconds since 1970; missing when it has none;
    /// - `__paperboy.errors.group`: the consumer group;
    /// - `__paperboy.errors.stage`: the hook that failed, or "decoding the key", "decoding the value";
    /// - `__paperboy.errors.exception.class.name`: the exception's type, demangled;
    /// - `__paperboy.errors.exception.message`: its text, at most 1,000 bytes;
    /// - `__paperboy.errors.attempts`: how often the record was tried.
    ///
    /// The engine's producer sends it, with the settings of `config::producer`; it is made with the first dead letter
    /// when no `make_producer` asked for it. While the topic does not exist, and the cluster does not create it, the
    /// partition waits: the log names the topic, nothing is skipped, and it goes on when the topic is there. When the
    /// group takes the partition back meanwhile, the record comes again to its next owner. It waits as well while
    /// brokers are away. A dead letter that the broker refuses for good (no right to write, too large, a compacted
    /// topic and no key) ends the run with `errc::produce_failed`; the record comes again in the next run.
    ///
    /// A handler whose expression matches the topic of its dead letters gets them as well: `^audit\.` matches
    /// "audit.login.dlq", and what fails there goes to "audit.login.dlq.dlq". Name a topic that the expression does not
    /// match. Throws `setup_error` (`errc::invalid_config`) for a name that Kafka does not allow. A topic cannot have
    /// itself for its dead letters: then the engine stops as with `fail`.
    [[nodiscard]] static error_action dead_letter(std::string_view topic = {});

    /// Which of them it is.
    [[nodiscard]] constexpr kind what() const noexcept { return what_; }

    /// With `retry`: how, and what applies in the end.
    [[nodiscard]] constexpr backoff const& how() const noexcept { return how_; }
    /// With `retry`: what applies when the retries are used up.
    [[nodiscard]] constexpr kind otherwise() const noexcept { return otherwise_; }

    /// With `dead_letter`, also as a retry's end: the topic; empty for the default.
    [[nodiscard]] std::string_view dead_letter_topic() const noexcept
    {
        return dead_letter_topic_ ? std::string_view{*dead_letter_topic_} : std::string_view{};
    }

    /// Whether both do the same.
    [[nodiscard]] bool operator==(error_action const& other) const noexcept;

private:
    constexpr explicit error_action(kind what) noexcept : what_{what}, otherwise_{what} {}

    kind what_;
    kind otherwise_;
    backoff how_ = {};
    // Optional, because an empty string is no constant to clang.
    std::optional<std::string> dead_letter_topic_ = {};
};

inline constexpr error_action error_action::fail{kind::fail};
inline constexpr error_action error_action::skip{kind::skip};

/// "fail", "skip", "retry" or "dead_letter".
[[nodiscard]] std::string_view to_string(error_action::kind what) noexcept;

} // namespace paperboy

#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace paperboy
{

/// Severity of a log line, most severe first.
enum class log_level : std::uint8_t
{
    /// Nothing is logged.
    off,
    /// The engine stops, or data needs an operator's attention.
    error,
    /// Something is wrong that the engine copes with: brokers away, a skipped record, a slow hook.
    warning,
    /// Life of the engine: started, assigned, revoked, stopped.
    info,
    /// For those who debug the engine itself, with librdkafka's own debug lines.
    debug,
};

/// The name of the level in lower case.
[[nodiscard]] std::string_view to_string(log_level level) noexcept;

/// Where an engine's log lines go: a level and a function.
///
/// The function is called with single lines without a line end, from the threads that run the engine's executor and
/// from paperboy's own (of slow hooks from "paperboy-watch", of stores from "paperboy-store" and RocksDB's), possibly
/// from several at once: it must be thread-safe, must not block for long and must not throw. librdkafka's own log lines
/// arrive here too, prefixed with "librdkafka: ".
///
/// An engine has no global logger: each takes its own.
class logger
{
public:
    /// What writes a line.
    using function = std::function<void(log_level, std::string_view)>;

    /// Lines at `info` and above go to std::clog, as `paperboy info: …`.
    logger();

    /// Lines at `threshold` and above go to std::clog.
    explicit logger(log_level threshold);

    /// Lines at `threshold` and above go to `write`.
    logger(log_level threshold, function write);

    /// The least severe level that is written.
    [[nodiscard]] log_level level() const noexcept { return level_; }

    /// Whether a line at this level would be written; ask before building an expensive one.
    [[nodiscard]] bool enabled(log_level level) const noexcept { return level != log_level::off && level <= level_; }

    /// Writes the line when its level is enabled. Never throws.
    void operator()(log_level level, std::string_view line) const noexcept;

private:
    log_level level_;
    function write_;
};

} // namespace paperboy

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paperboy
{

class record_view;

/// The place of an operation in a distributed trace, as the W3C's Trace Context has it: which trace, which span of it,
/// and whether it is recorded.
///
/// 25 bytes without a pointer. Records carry it as text in the header `traceparent`. Safe to copy and to read from any
/// thread.
class trace_context
{
public:
    /// The name of the header that carries it.
    static constexpr std::string_view header = "traceparent";
    /// The name of the header beside it, which carries what tracing systems add.
    static constexpr std::string_view state_header = "tracestate";

    /// What names a trace.
    using trace_bytes = std::array<std::uint8_t, 16>;
    /// What names a span of it.
    using span_bytes = std::array<std::uint8_t, 8>;

    /// No trace: all zero.
    trace_context() = default;

    /// A span of a trace; neither may be all zero. `flags`: bit 0 says that it is recorded.
    trace_context(trace_bytes const& trace, span_bytes const& span, std::uint8_t flags) noexcept
        : trace_{trace}, span_{span}, flags_{flags}
    {
    }

    /// The first span of a new trace, with random ids. Throws what `std::random_device` does.
    [[nodiscard]] static trace_context start(bool sampled = true);

    /// Reads the text of a `traceparent`, of version 00 or a later one; nothing when it is not one.
    [[nodiscard]] static std::optional<trace_context> parse(std::string_view text) noexcept;

    /// A further span of this trace, with a random id; recorded if this one is.
    [[nodiscard]] trace_context child() const;

    /// The text for a `traceparent`, of version 00: 55 characters.
    [[nodiscard]] std::string to_text() const;

    /// Whether there is a trace.
    [[nodiscard]] explicit operator bool() const noexcept { return trace_ != trace_bytes{}; }

    /// The trace's name.
    [[nodiscard]] trace_bytes const& trace() const noexcept { return trace_; }

    /// The span's name.
    [[nodiscard]] span_bytes const& span() const noexcept { return span_; }

    /// The flags, as they came.
    [[nodiscard]] std::uint8_t flags() const noexcept { return flags_; }

    /// Whether the span is recorded.
    [[nodiscard]] bool sampled() const noexcept { return (flags_ & 1U) != 0; }

    /// Whether all parts are equal.
    friend bool operator==(trace_context const&, trace_context const&) = default;

private:
    trace_bytes trace_{};
    span_bytes span_{};
    std::uint8_t flags_ = 0;
};

/// Where a record is in a trace: the span of its hooks, while an `observer` traces them and one of them runs; else what
/// the record's header `traceparent` says, if it has a valid one. Looks at the headers only when it is called.
///
/// To be called from the record's hooks, or where nothing else reads the record at the same time.
[[nodiscard]] std::optional<trace_context> trace_of(record_view const& record) noexcept;

/// What the record's header `traceparent` says.
[[nodiscard]] std::optional<trace_context> parent_of(record_view const& record) noexcept;

} // namespace paperboy

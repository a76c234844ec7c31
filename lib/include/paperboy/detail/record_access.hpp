#pragma once

#include <paperboy/detail/running_spans.hpp>
#include <paperboy/record.hpp>

namespace paperboy::detail
{

// The spans that records are in, for the library.
struct record_access
{
    [[nodiscard]] static trace_context const* span_of(record_view const& record) noexcept
    {
        auto const* const spans = record.block_->spans();
        return spans == nullptr ? nullptr : spans->find(record.message_);
    }

    static void begin_span(record_view const& record, trace_context const& context)
    {
        record.block_->keep_spans().begin(record.message_, context);
    }

    static void end_span(record_view const& record) noexcept
    {
        if (auto* const spans = record.block_->spans())
            spans->end(record.message_);
    }
};

} // namespace paperboy::detail

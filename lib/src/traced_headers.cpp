#include <paperboy/detail/traced_headers.hpp>
#include <paperboy/record.hpp>

#include <algorithm>

namespace paperboy::detail
{

void traced_headers::add(outgoing_view& what, trace_context const& context, record_view const* cause)
{
    if (!context || std::ranges::find(what.headers, trace_context::header, &header_view::name) != what.headers.end())
        return;
    text_ = context.to_text();
    headers_.assign(what.headers.begin(), what.headers.end());
    headers_.push_back({trace_context::header, text_});
    // What other systems have to say of a trace goes with it, and only with it.
    if (cause != nullptr)
        if (auto const state = cause->headers().find(trace_context::state_header); state && *state)
            if (auto const parent = parent_of(*cause); parent && parent->trace() == context.trace())
                headers_.push_back({trace_context::state_header, *state});
    what.headers = headers_;
}

} // namespace paperboy::detail

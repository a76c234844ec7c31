#pragma once

#include <paperboy/detail/outgoing.hpp>
#include <paperboy/detail/record_access.hpp>
#include <paperboy/headers.hpp>
#include <paperboy/trace_context.hpp>

#include <optional>
#include <string>
#include <vector>

namespace paperboy::detail
{

// Gives a record that is sent the headers of its trace, if it has one: `chosen`, or the span of the record that it is
// sent on behalf of. They last as long as this object.
class traced_headers
{
public:
    traced_headers(outgoing_view& what, std::optional<trace_context> const& chosen, record_view const* cause)
    {
        auto const* const running = cause == nullptr ? nullptr : record_access::span_of(*cause);
        if (chosen) [[unlikely]]
            add(what, *chosen, cause);
        else if (running != nullptr) [[unlikely]]
            add(what, *running, cause);
    }
    traced_headers(traced_headers const&) = delete;
    traced_headers& operator=(traced_headers const&) = delete;
    ~traced_headers() = default;

private:
    void add(outgoing_view& what, trace_context const& context, record_view const* cause);

    std::string text_;
    std::vector<header_view> headers_;
};

} // namespace paperboy::detail

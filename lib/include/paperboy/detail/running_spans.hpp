#pragma once

#include <paperboy/trace_context.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace paperboy::detail
{

struct message;

// The spans of a block's records that are in their hooks: few at a time, and none where nobody traces. On the
// partition's strand.
class running_spans
{
public:
    [[nodiscard]] trace_context const* find(message const* of) const noexcept
    {
        auto const at = std::ranges::find(all_, of, &entry::first);
        return at == all_.end() ? nullptr : &at->second;
    }

    void begin(message const* of, trace_context const& context) { all_.emplace_back(of, context); }

    void end(message const* of) noexcept
    {
        std::erase_if(all_, [of](entry const& each) { return each.first == of; });
    }

private:
    using entry = std::pair<message const*, trace_context>;
    std::vector<entry> all_;
};

} // namespace paperboy::detail

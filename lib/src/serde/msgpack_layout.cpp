#include "serde/msgpack_layout.hpp"

namespace paperboy::serde
{

// Without recursion: the depth is a stranger's choice. The count of values that must follow never exceeds that of the
// bytes that do, so it cannot overflow.
msgpack_passed pass(std::byte const* at, std::byte const* end) noexcept
{
    for (auto wanted = std::uint64_t{1}; wanted > 0; --wanted)
    {
        if (at == end)
            return {at, wanted};
        auto const first = std::to_integer<std::size_t>(*at);
        auto const kind = detail::msgpack_kinds[first];
        auto const form = msgpack_forms[first];
        auto const left = static_cast<std::uint64_t>(end - at);
        if (kind == msgpack_kind::unused)
            return {at, 0, true};
        if (form.size_bytes >= left)
            return {at, form.size_bytes};
        auto const size = form.size_of(at);
        auto const behind = left - 1 - form.size_bytes;
        auto const container = kind == msgpack_kind::array || kind == msgpack_kind::map;
        if (container)
            wanted += kind == msgpack_kind::map ? 2 * size : size;
        if (auto const needed = container ? wanted - 1 : size; needed > behind)
            return {at, needed};
        at += 1U + form.size_bytes + (container ? 0U : size);
    }
    return {at};
}

} // namespace paperboy::serde

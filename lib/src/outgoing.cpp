#include <paperboy/detail/outgoing.hpp>

namespace paperboy::detail
{
namespace
{

std::size_t size_of(outgoing_view const& what)
{
    auto size = what.bytes();
    for (auto const& [name, value] : what.headers)
        size += name.size() + (value ? value->size() : 0);
    return size;
}

} // namespace

outgoing::outgoing(outgoing_view const& from) : view_{from}
{
    bytes_.reserve(size_of(from));
    auto const keep = [this](std::string_view bytes)
    {
        auto const* const at = bytes_.data() + bytes_.size();
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return std::string_view{at, bytes.size()};
    };
    if (from.key)
        view_.key = keep(*from.key);
    if (from.value)
        view_.value = keep(*from.value);
    headers_.reserve(from.headers.size());
    for (auto const& [name, value] : from.headers)
    {
        auto const kept = keep(name);
        headers_.push_back({kept, value ? std::optional{keep(*value)} : std::nullopt});
    }
    view_.headers = {};
}

outgoing_view outgoing::view() const noexcept
{
    auto what = view_;
    what.headers = headers_;
    return what;
}

} // namespace paperboy::detail

#include "serde/json_path.hpp"

#include "serde/excerpt.hpp"

#include <span>

namespace paperboy::serde
{
namespace
{

constexpr std::size_t longest_name = 64;

std::size_t size_up_to_quote(char const* name)
{
    auto const* at = name;
    while (*at != '"')
        at += *at == '\\' ? 2 : 1;
    return static_cast<std::size_t>(at - name);
}

} // namespace

void append_step(std::string_view name, std::string& out)
{
    out.push_back('/');
    for (auto const c : excerpt(name, longest_name))
        if (c == '~')
            out.append("~0");
        else if (c == '/')
            out.append("~1");
        else
            out.push_back(c);
}

std::string json_path::pointer() const
{
    auto out = std::string{};
    for (auto const& each : std::span{steps_}.first(depth_))
        if (each.name != nullptr)
            append_step(
                {each.name, each.size_or_index == up_to_quote ? size_up_to_quote(each.name) : each.size_or_index}, out);
        else
            out.append("/").append(std::to_string(each.size_or_index));
    return out;
}

} // namespace paperboy::serde

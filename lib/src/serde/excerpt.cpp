#include "serde/excerpt.hpp"

#include <simdjson.h>

namespace paperboy::serde
{
namespace
{

bool continues_a_character(char byte) noexcept
{
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

} // namespace

std::string excerpt(std::string_view text, std::size_t longest)
{
    auto size = text.size();
    if (size > longest)
        for (size = longest; size > 0 && continues_a_character(text[size]);)
            --size;
    auto out = std::string{text.substr(0, size)};
    auto const readable = simdjson::validate_utf8(out.data(), out.size());
    for (auto& each : out)
    {
        auto const byte = static_cast<unsigned char>(each);
        if (byte < 0x20 || byte == 0x7f || (!readable && byte >= 0x80))
            each = '?';
    }
    if (size < text.size())
        out.append("…");
    return out;
}

} // namespace paperboy::serde

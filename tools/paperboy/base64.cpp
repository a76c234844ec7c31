#include "codec.hpp"
#include "command.hpp"

#include <boost/beast/core/detail/base64.hpp>

namespace paperboy::cli
{
namespace
{

bool is_utf8(std::string_view text)
{
    try
    {
        static_cast<void>(nlohmann::json(text).dump());
        return true;
    }
    catch (nlohmann::json::type_error const&)
    {
        return false;
    }
}

} // namespace

std::string to_base64(std::string_view bytes)
{
    namespace base64 = boost::beast::detail::base64;
    auto text = std::string(base64::encoded_size(bytes.size()), '\0');
    text.resize(base64::encode(text.data(), bytes.data(), bytes.size()));
    return text;
}

std::string from_base64(std::string_view text)
{
    namespace base64 = boost::beast::detail::base64;
    auto bytes = std::string(base64::decoded_size(text.size()), '\0');
    auto const [written, read] = base64::decode(bytes.data(), text.data(), text.size());
    if (text.substr(read).find_first_not_of('=') != text.npos)
        throw command_failed{"\"" + std::string{text} + "\" is not base64 from character " + std::to_string(read) +
                             " on; write A-Z, a-z, 0-9, + and /"};
    bytes.resize(written);
    return bytes;
}

std::optional<std::string> bytes_of(json const& value)
{
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_object() && value.size() == 1 && value.contains("base64") && value["base64"].is_string())
        return from_base64(value["base64"].get_ref<std::string const&>());
    return std::nullopt;
}

json json_of(std::string_view bytes)
{
    if (is_utf8(bytes))
        return bytes;
    auto value = json::object();
    value["base64"] = to_base64(bytes);
    return value;
}

} // namespace paperboy::cli

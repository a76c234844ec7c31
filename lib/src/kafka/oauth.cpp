#include "kafka/oauth.hpp"

#include "kafka/secrets.hpp"

#include <array>
#include <vector>

namespace paperboy::kafka
{

std::string set_token(rd_kafka_t* client, oauth_token const& token)
{
    auto extensions = std::vector<char const*>{};
    for (auto const& [name, value] : token.extensions)
    {
        extensions.push_back(name.c_str());
        extensions.push_back(value.c_str());
    }
    auto const expires =
        std::chrono::duration_cast<std::chrono::milliseconds>(token.expires.time_since_epoch()).count();
    auto reason = std::array<char, 512>{};
    if (rd_kafka_oauthbearer_set_token(client, token.value.c_str(), expires, token.principal.c_str(), extensions.data(),
                                       extensions.size(), reason.data(), reason.size()) == RD_KAFKA_RESP_ERR_NO_ERROR)
        return {};
    auto hidden = secrets{};
    hidden.add(token.value);
    return hidden.hide(reason.data());
}

} // namespace paperboy::kafka

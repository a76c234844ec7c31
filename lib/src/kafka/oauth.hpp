#pragma once

#include "kafka/handles.hpp"

#include <paperboy/oauth.hpp>

#include <string>

namespace paperboy::kafka
{

// Gives a client the token to log in with. Why librdkafka refuses it, without the token; empty when it does not.
[[nodiscard]] std::string set_token(rd_kafka_t* client, oauth_token const& token);

} // namespace paperboy::kafka

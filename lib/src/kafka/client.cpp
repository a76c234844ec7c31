#include "kafka/client.hpp"

#include <array>
#include <string>

namespace paperboy::kafka
{
namespace
{

rd_kafka_t* make_consumer(conf_handle conf)
{
    auto reason = std::array<char, 512>{};
    auto* const handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), reason.data(), reason.size());
    if (handle == nullptr)
        throw setup_error{errc::invalid_config,
                          std::string{"paperboy: librdkafka refuses this combination of settings: "} + reason.data()};
    static_cast<void>(conf.release());
    return handle;
}

} // namespace

client::client(conf_handle conf) : handle_{make_consumer(std::move(conf))} {}

client::~client()
{
    rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

} // namespace paperboy::kafka

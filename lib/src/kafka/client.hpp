#pragma once

#include "kafka/handles.hpp"

#include <paperboy/error.hpp>

#include <memory>

namespace paperboy::kafka
{

// librdkafka's instance. Fetched blocks share it, because no message may outlive it: rd_kafka_destroy waits for ever
// for a message that somebody holds. Whoever lets go last pays for the destruction.
class client
{
public:
    // Takes the configuration; throws setup_error with librdkafka's reason.
    explicit client(conf_handle conf);
    client(client const&) = delete;
    client& operator=(client const&) = delete;

    // Joins librdkafka's threads, which takes milliseconds, or longer when the client was not closed before.
    ~client();

    [[nodiscard]] rd_kafka_t* get() const noexcept { return handle_; }

private:
    rd_kafka_t* handle_;
};

} // namespace paperboy::kafka

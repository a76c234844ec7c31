#pragma once

#include "kafka/consumer_event.hpp"
#include "kafka/handles.hpp"
#include "kafka/secrets.hpp"

#include <paperboy/config.hpp>
#include <paperboy/error.hpp>

#include <string>

namespace paperboy::kafka
{

// A client's queue of everything but records: its errors, and its log.
[[nodiscard]] queue_handle main_queue_of(rd_kafka_t* client);

// What a client says while it is waited for: its log goes to the user's, and its last complaint into the text of a
// failure, because that is mostly just a time-out.
class client_news
{
public:
    explicit client_news(config settings);

    // Takes what is in a consumer's queue; never waits.
    void take(rd_kafka_t* client, rd_kafka_queue_t* queue);
    void hear(consumer_event const& event);

    // The last complaint, with the remedy where one is known; empty where there was none.
    [[nodiscard]] std::string const& trouble() const noexcept { return trouble_; }

    // Throws cluster_error when brokers have refused the login, or the TLS handshake has failed, for good.
    void fail_when_refused(std::string const& doing) const;

    // Throws cluster_error: what could not be done, why, and what to do about it.
    [[noreturn]] void fail(std::string const& doing, rd_kafka_resp_err_t error, char const* reason = nullptr) const;

private:
    void hear_error(error_event const& event);

    config settings_;
    secrets hidden_;
    std::string trouble_;
    error_code refused_;
};

} // namespace paperboy::kafka

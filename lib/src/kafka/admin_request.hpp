#pragma once

#include "kafka/client.hpp"
#include "kafka/handles.hpp"

#include <array>
#include <memory>

namespace paperboy::kafka
{

using admin_options = std::unique_ptr<rd_kafka_AdminOptions_t, destroy_with<&rd_kafka_AdminOptions_destroy>>;
using new_topic_handle = std::unique_ptr<rd_kafka_NewTopic_t, destroy_with<&rd_kafka_NewTopic_destroy>>;

// Sends a request of librdkafka's admin interface, and waits `wait` ms for its one answer; null without one. `send` is
// given the options and the queue. librdkafka's own time-out comes first, as an event with an error.
template <class Send>
[[nodiscard]] event_handle ask_brokers(client const& of, rd_kafka_admin_op_t what, int wait, Send const& send)
{
    constexpr auto grace = 5000;
    auto const queue = queue_handle{rd_kafka_queue_new(of.get())};
    auto const options = admin_options{rd_kafka_AdminOptions_new(of.get(), what)};
    auto reason = std::array<char, 256>{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), wait, reason.data(), reason.size());
    send(options.get(), queue.get());
    return event_handle{rd_kafka_queue_poll(queue.get(), wait + grace)};
}

} // namespace paperboy::kafka

#include "kafka/client_news.hpp"

#include "kafka/event_decoder.hpp"
#include "kafka/kafka_error.hpp"
#include "kafka/login_hint.hpp"

#include <paperboy/cluster_error.hpp>

#include <utility>
#include <variant>

namespace paperboy::kafka
{
namespace
{

std::string remedy_for(rd_kafka_resp_err_t error, config const& settings)
{
    switch (error)
    {
    case RD_KAFKA_RESP_ERR_GROUP_SUBSCRIBED_TO_TOPIC:
    case RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
        return "; the group has members: stop them first";
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
        return "; choose another name, or use it as it is";
    default:
        break;
    }
    switch (kind_of(make_code(error)))
    {
    case error_kind::authorization:
        return "; give the client's user the right to do it (an ACL of the brokers)";
    case error_kind::missing_topic:
        return "; check the name, or create the topic";
    default:
        break;
    }
    return make_code(error) == condition::retriable
               ? "; check whether the brokers at " + settings.bootstrap_servers + " run and can be reached from here"
               : std::string{};
}

} // namespace

queue_handle main_queue_of(rd_kafka_t* client)
{
    auto queue = queue_handle{rd_kafka_queue_get_main(client)};
    rd_kafka_set_log_queue(client, queue.get());
    return queue;
}

client_news::client_news(config settings) : settings_{std::move(settings)}, hidden_{settings_} {}

void client_news::take(rd_kafka_t* client, rd_kafka_queue_t* queue)
{
    while (auto const event = event_handle{rd_kafka_queue_poll(queue, 0)})
        hear(decode(client, event.get()));
}

void client_news::hear(consumer_event const& event)
{
    if (auto const* const line = std::get_if<log_event>(&event); line != nullptr && settings_.log.enabled(line->level))
        settings_.log(line->level, "librdkafka: " + hidden_.hide(line->text));
    else if (auto const* const error = std::get_if<error_event>(&event))
        hear_error(*error);
}

void client_news::hear_error(error_event const& event)
{
    if (event.error == all_brokers_down() && !trouble_.empty())
        return;
    trouble_ = hidden_.hide(event.text);
    if (auto const hint = hint_for(event.text, settings_, rd_kafka_version()))
    {
        trouble_ += "; " + hint->remedy;
        if (hint->final)
            refused_ = hint->tls ? errc::tls_failed : errc::authentication_failed;
    }
}

void client_news::fail_when_refused(std::string const& doing) const
{
    if (refused_)
        throw cluster_error{refused_, "paperboy: cannot " + doing + ": " + trouble_};
}

void client_news::fail(std::string const& doing, rd_kafka_resp_err_t error, char const* reason) const
{
    auto text = "paperboy: cannot " + doing + ": " + hidden_.hide(reason == nullptr ? rd_kafka_err2str(error) : reason);
    if (make_code(error) == condition::retriable && !trouble_.empty())
        text += " (" + trouble_ + ")";
    throw cluster_error{make_code(error), text + remedy_for(error, settings_)};
}

} // namespace paperboy::kafka

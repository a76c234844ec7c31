#include "kafka/event_decoder.hpp"

#include "kafka/kafka_error.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy::kafka
{
namespace
{

std::span<rd_kafka_topic_partition_t const> elements(rd_kafka_topic_partition_list_t const* list)
{
    if (list == nullptr)
        return {};
    return {list->elems, static_cast<std::size_t>(list->cnt)};
}

consumer_event decode_rebalance(rd_kafka_t* client, rd_kafka_event_t* event)
{
    auto named = std::vector<topic_partition>{};
    for (auto const& each : elements(rd_kafka_event_topic_partition_list(event)))
        named.emplace_back(each.topic, each.partition);
    if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        return assign_event{std::move(named)};
    return revoke_event{rd_kafka_assignment_lost(client) != 0, std::move(named)};
}

consumer_event decode_commit(rd_kafka_event_t* event)
{
    auto result = commit_event{};
    result.ticket = reinterpret_cast<std::uintptr_t>(rd_kafka_event_opaque(event));
    auto const whole = rd_kafka_event_error(event);
    for (auto const& each : elements(rd_kafka_event_topic_partition_list(event)))
    {
        auto const error = each.err != RD_KAFKA_RESP_ERR_NO_ERROR ? each.err : whole;
        auto& group = error == RD_KAFKA_RESP_ERR_NO_ERROR ? result.committed : result.refused;
        group.emplace_back(each.topic, each.partition, each.offset);
        if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            result.gone.push_back(group.back());
        else if (error != RD_KAFKA_RESP_ERR_NO_ERROR && !result.error)
            result.error = make_code(error);
    }
    if (!result.error && !result.gone.empty())
        result.error = make_code(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    else if (!result.error && whole != RD_KAFKA_RESP_ERR_NO_ERROR)
        result.error = make_code(whole);
    return result;
}

// librdkafka 2.0 names a missing topic only in the text: "Subscribed topic not available: NAME: reason".
std::string topic_in(std::string const& text)
{
    constexpr auto prefix = std::string_view{"Subscribed topic not available: "};
    if (!text.starts_with(prefix))
        return {};
    return text.substr(prefix.size(), text.find(':', prefix.size()) - prefix.size());
}

// librdkafka 2.0 asks the group once for committed offsets, and again only after some of the errors. Of the others it
// tells nothing but this text.
bool starts_unknown(std::string_view text)
{
    return text.starts_with("Failed to fetch committed offsets for ");
}

// A fatal error hides behind RD_KAFKA_RESP_ERR__FATAL; the real one is asked for separately.
consumer_event decode_error(rd_kafka_t* client, rd_kafka_event_t* event)
{
    auto result = error_event{};
    result.fatal = rd_kafka_event_error_is_fatal(event) != 0;
    auto code = rd_kafka_event_error(event);
    result.text = rd_kafka_event_error_string(event);
    if (code == RD_KAFKA_RESP_ERR__FATAL)
    {
        auto text = std::array<char, 512>{};
        code = rd_kafka_fatal_error(client, text.data(), text.size());
        result.text = text.data();
    }
    result.error = make_code(code);
    result.topic = topic_in(result.text);
    result.starts_unknown = starts_unknown(result.text);
    return result;
}

// librdkafka calls every failed connection an error; it copes with them, so to us they are warnings.
log_level level_of(int syslog_level)
{
    if (syslog_level <= 2)
        return log_level::error;
    if (syslog_level <= 4)
        return log_level::warning;
    return syslog_level <= 6 ? log_level::info : log_level::debug;
}

// librdkafka tells of a reset only in its log: "TOPIC [PARTITION]: offset reset (at offset …, broker …) to …: cause".
std::optional<reset_event> reset_in(std::string_view facility, std::string_view text)
{
    auto const bracket = text.find(" [");
    auto const what = text.find("]: offset reset (at ");
    if (facility != "OFFSET" || bracket == text.npos || what == text.npos || what < bracket)
        return std::nullopt;
    auto const number = text.substr(bracket + 2, what - bracket - 2);
    auto partition = std::int32_t{-1};
    if (std::from_chars(number.data(), number.data() + number.size(), partition).ec != std::errc{})
        return std::nullopt;
    auto const topic = text.substr(0, bracket);
    auto const begin = topic.rfind(' ') + 1; // behind "[thrd:main]: ", where librdkafka names its threads
    return reset_event{{std::string{topic.substr(begin)}, partition}, std::string{text.substr(what + 3)}};
}

consumer_event decode_log(rd_kafka_event_t* event)
{
    char const* facility = nullptr;
    char const* text = nullptr;
    int level = 0;
    if (rd_kafka_event_log(event, &facility, &text, &level) != 0)
        return {};
    if (auto reset = reset_in(facility, text); reset && level_of(level) == log_level::warning)
        return *std::move(reset);
    return log_event{level_of(level), std::string{facility} + ": " + text};
}

// Errors of topics come as messages without an offset.
consumer_event decode_message(rd_kafka_event_t* event)
{
    auto const* const message = rd_kafka_event_message_next(event);
    if (message == nullptr || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return {};
    auto const topic = std::string{message->rkt == nullptr ? "" : rd_kafka_topic_name(message->rkt)};
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    {
        auto const text = std::string{rd_kafka_message_errstr(message)};
        return error_event{make_code(message->err), false, text, topic, starts_unknown(text)};
    }
    return stray_event{{topic, message->partition}, message->offset};
}

} // namespace

consumer_event decode(rd_kafka_t* client, rd_kafka_event_t* event)
{
    switch (rd_kafka_event_type(event))
    {
    case RD_KAFKA_EVENT_REBALANCE:
        return decode_rebalance(client, event);
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
        return decode_commit(event);
    case RD_KAFKA_EVENT_ERROR:
        return decode_error(client, event);
    case RD_KAFKA_EVENT_LOG:
        return decode_log(event);
    case RD_KAFKA_EVENT_FETCH:
        return decode_message(event);
    case RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH:
        return token_event{};
    default:
        return {};
    }
}

} // namespace paperboy::kafka

#pragma once

#include <paperboy/error.hpp>
#include <paperboy/logger.hpp>
#include <paperboy/topic_partition.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

// What librdkafka tells the consumer, as values.
namespace paperboy::kafka
{

// The group gives us partitions, with an incremental protocol on top of those we have; answered by consumer::assign.
struct assign_event
{
    std::vector<topic_partition> partitions;
};

// The group wants these partitions back, or (lost) has already given them to others; answered by consumer::unassign.
struct revoke_event
{
    bool lost = false;
    std::vector<topic_partition> partitions;
};

// A commit ended. `ticket` is what consumer::commit was given; `gone` are those of the refused whose topic no longer
// exists, and `error` is theirs only when nothing else was refused.
struct commit_event
{
    std::uintptr_t ticket = 0;
    error_code error;
    std::vector<partition_offset> committed;
    std::vector<partition_offset> refused;
    std::vector<partition_offset> gone;
};

// What an error means for the engine.
enum class error_kind
{
    // librdkafka copes by itself.
    transient,
    // No broker can be reached; librdkafka keeps trying.
    brokers_away,
    // A subscribed topic does not exist.
    missing_topic,
    // The brokers refuse our credentials.
    authentication,
    // The brokers know us and refuse this topic or group.
    authorization,
    // Another member has taken over our group.instance.id.
    fenced,
    // No usable offset to start at, and the configuration says not to choose one.
    no_offset,
};

// Of any code of kafka_category().
[[nodiscard]] error_kind kind_of(error_code error) noexcept;

// The error of a commit that is not answered in time.
[[nodiscard]] error_code timed_out() noexcept;

// The error that comes behind those of each broker, and says less than they do.
[[nodiscard]] error_code all_brokers_down() noexcept;

// The error of partitions that find no usable offset to start at.
[[nodiscard]] error_code no_offset() noexcept;

// Something is wrong with the client, its brokers, or a topic (named when known).
struct error_event
{
    error_code error;
    bool fatal = false;
    std::string text;
    std::string topic;
    // Where partitions start was asked for in vain, and librdkafka does not ask again: they stand still.
    bool starts_unknown = false;
};

// A line of librdkafka's own log.
struct log_event
{
    log_level level = log_level::info;
    std::string text;
};

// A record on the consumer's queue instead of its partition's.
struct stray_event
{
    topic_partition where;
    std::int64_t offset = -1;
};

// A partition goes on at another offset than the one it was to go on at.
struct reset_event
{
    topic_partition where;
    std::string text;
};

// A token to log in with is needed.
struct token_event
{
};

using consumer_event = std::variant<std::monostate, assign_event, revoke_event, commit_event, error_event, log_event,
                                    stray_event, reset_event, token_event>;

} // namespace paperboy::kafka

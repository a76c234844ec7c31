#pragma once

#include "kafka/fetch_wakeup.hpp"
#include "kafka/handles.hpp"

#include <paperboy/error.hpp>
#include <paperboy/topic_partition.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>

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

    // Null where librdkafka's fetchers need no waking.
    [[nodiscard]] fetch_wakeup* fetchers() noexcept { return fetchers_ ? &*fetchers_ : nullptr; }

    // Keeps the queue of a partition that was given up, to empty it before the end: when the partition's topic has been
    // deleted, librdkafka still puts errors there, each holds the partition, and the destruction would wait for it for
    // ever. Safe from any thread.
    void retire(topic_partition const& where, queue_handle queue);

private:
    std::optional<fetch_wakeup> fetchers_;
    rd_kafka_t* handle_;
    std::mutex guard_;
    std::map<topic_partition, queue_handle> retired_;
};

// Empties a queue, and gives what it held back to librdkafka.
void discard(rd_kafka_queue_t* queue) noexcept;

} // namespace paperboy::kafka

#pragma once

#include "kafka/event_queue.hpp"
#include "kafka/fetch_wakeup.hpp"
#include "kafka/handles.hpp"

#include <paperboy/error.hpp>
#include <paperboy/topic_partition.hpp>

#include <atomic>
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

    // The group may wait for an answer about partitions, and nobody else will give it. Which one depends on whether it
    // takes and gives single partitions, and is not being left.
    void owe_answer(bool incremental) noexcept { owed_ = incremental ? answer::parts : answer::all; }

    // Gives what is owed, once: everything is given up. May block, for ever if the group ends in this moment: a thread
    // should do it that can be left behind. Safe from any thread.
    void answer_for_good();

    // Keeps the queue of a partition that was given up, to empty it before the end: when the partition's topic has been
    // deleted, librdkafka still puts errors there, each holds the partition, and the destruction would wait for it for
    // ever. Safe from any thread.
    void retire(topic_partition const& where, queue_handle queue);

    // From now on `taker`, and nobody else, takes records out of a partition's queue. Safe from any thread.
    void take_from(topic_partition const& where, void const* taker);

    // A taker goes: the queue is emptied, wakes nobody any more, and is kept, unless there is another taker by now.
    // Safe from any thread.
    void give_up(topic_partition const& where, void const* taker, event_queue& events);

private:
    enum class answer
    {
        none,
        all,
        parts,
    };

    void keep(topic_partition const& where, queue_handle queue);

    std::optional<fetch_wakeup> fetchers_;
    rd_kafka_t* handle_;
    std::mutex guard_;
    std::map<topic_partition, queue_handle> retired_;
    std::map<topic_partition, void const*> takers_;
    std::atomic<answer> owed_{answer::none};
};

// What a consumer has accepted, or nothing if librdkafka does not say.
[[nodiscard]] partition_list assignment_of(rd_kafka_t* consumer);

// Empties a queue, and gives what it held back to librdkafka.
void discard(rd_kafka_queue_t* queue) noexcept;

} // namespace paperboy::kafka

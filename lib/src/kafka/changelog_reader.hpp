#pragma once

#include "kafka/changelog_sink.hpp"
#include "kafka/client.hpp"
#include "kafka/consumer_event.hpp"

#include <paperboy/config.hpp>
#include <paperboy/topic_partition.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace paperboy::kafka
{

class changelog_partition;

// The configuration of a reader: how to reach the cluster as in `settings`, and prefetching that keeps within `memory`
// bytes when so many partitions are read at once. Throws setup_error as make_consumer_conf does.
[[nodiscard]] conf_handle make_changelog_conf(config const& settings, std::size_t partitions, std::size_t memory);

// What is to be read.
struct changelog_request
{
    topic_partition where;

    // Where a store's checkpoint ends; nothing: from the beginning.
    std::optional<std::int64_t> from;

    // From how many offsets in front of it records are handed out as well, by changelog_sink::known().
    std::int64_t look_back = 0;

    // Whether to go on after done(), with what is produced from then on.
    bool tail = false;

    // A strand, for the sink and everything else that concerns this partition.
    boost::asio::any_io_executor strand;

    std::shared_ptr<changelog_sink> sink;

    changelog_request(topic_partition partition, boost::asio::any_io_executor on, std::shared_ptr<changelog_sink> to)
        : where{std::move(partition)}, strand{std::move(on)}, sink{std::move(to)}
    {
    }
};

// A partition that is being read. To be used and destroyed on its strand, or when nothing runs there any more.
class changelog_reading
{
public:
    changelog_reading() noexcept = default;
    explicit changelog_reading(std::shared_ptr<changelog_partition> of) noexcept : partition_{std::move(of)} {}
    changelog_reading(changelog_reading&&) noexcept = default;
    changelog_reading& operator=(changelog_reading&& other) noexcept;
    ~changelog_reading() { cancel(); }

    // Tells the sink nothing more and lets go of it. May be called by the sink.
    void cancel() noexcept;

    // Goes on after a changelog_flow::hold; blocks are then handed out by a later turn of the strand, not in this call.
    void resume();

private:
    std::shared_ptr<changelog_partition> partition_;
};

// Reads changelog partitions, any number at a time, through one client that belongs to no group: nothing of it is ever
// committed. What is read is what a consumer with read_committed gets.
//
// A reading ends by position, not by the last record: control records, aborted transactions and what was compacted away
// count. The end is the brokers' own answer from after the request; an open transaction of somebody else in front of it
// is waited for. Brokers that are away are waited for, however long that takes; a topic is missing when all answers of
// some seconds say so.
//
// To be used on the strand that it is made with.
class changelog_reader
{
public:
    // Starts librdkafka's threads; throws setup_error when it refuses the configuration. `on_event` gets the client's
    // errors, its log and its wishes for tokens, on the strand; not after close().
    changelog_reader(boost::asio::any_io_executor const& strand, conf_handle conf,
                     std::function<void(consumer_event const&)> on_event);
    changelog_reader(changelog_reader const&) = delete;
    changelog_reader& operator=(changelog_reader const&) = delete;

    // As close().
    ~changelog_reader();

    // Starts a reading. No partition may be read twice at the same time; once a reading has ended or was cancelled, the
    // next of its partition may begin.
    [[nodiscard]] changelog_reading read(changelog_request request);

    // For tokens.
    [[nodiscard]] rd_kafka_t* get() const noexcept;

    // Starts nothing more. Readings have to be cancelled as well, each on its strand. What it returns keeps
    // librdkafka's client alive, as blocks and readings do: to be let go where blocking does not matter.
    [[nodiscard]] std::shared_ptr<client> close();

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

} // namespace paperboy::kafka

#pragma once

#include "support/broker.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::test
{

// A record to produce; nothing stands for null.
struct outgoing
{
    std::int32_t partition = 0;
    std::optional<std::string> key = {};
    std::optional<std::string> value = {};
    std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
    // Milliseconds since 1970; 0: now.
    std::int64_t timestamp_ms = 0;
};

// Produces with librdkafka. Everything throws std::runtime_error when the cluster does not take it.
class producer
{
public:
    explicit producer(std::string const& servers = bootstrap_servers(), settings_map settings = {});

    void send(std::string const& topic, outgoing const& record);

    // `count` records to each of the topic's partitions, whose values count on from 0 within each partition; the
    // offsets are the same numbers when nobody else produces.
    void send_numbered(std::string const& topic, int partitions, int first, int count);

    // Waits until all is acknowledged.
    void flush();

    // For a producer with a transactional.id.
    void begin();
    void commit();
    void abort();

private:
    std::atomic<int> refused_{0};
    client_handle client_;
};

} // namespace paperboy::test

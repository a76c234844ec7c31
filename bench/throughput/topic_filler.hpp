#pragma once

#include "kafka/handles.hpp"
#include "throughput/samples.hpp"

#include <memory>
#include <string>
#include <vector>

namespace paperboy::bench
{

// A topic that holds what it should.
struct filled_topic
{
    std::string name;
    std::vector<std::int64_t> partition_sizes;

    [[nodiscard]] std::uint64_t records() const;
};

// Makes topics and fills them. Throws std::runtime_error, with the broker's name, for whatever goes wrong.
class topic_filler
{
public:
    explicit topic_filler(std::string bootstrap_servers);

    // The topic of this kind with this many records, whose name ends with `suffix`; produces those that it lacks.
    [[nodiscard]] filled_topic fill(topic_kind const& kind, topic_layout layout, std::uint64_t records,
                                    std::string const& suffix = {});

    // Makes a topic unless it is there.
    void create(std::string const& name, std::int32_t partitions, bool compacted = false);
    void remove(std::string const& name);

private:
    using client_handle = std::unique_ptr<rd_kafka_t, kafka::destroy_with<&rd_kafka_destroy>>;

    [[nodiscard]] std::vector<std::int64_t> sizes(std::string const& name, std::int32_t partitions);
    [[nodiscard]] std::int64_t size_of(std::string const& name, std::int32_t partition);
    void produce(std::string const& name, topic_kind const& kind, topic_layout layout, std::uint64_t from,
                 std::uint64_t records);
    [[noreturn]] void fail(std::string const& what, std::string const& why) const;

    std::string bootstrap_servers_;
    client_handle client_;
};

} // namespace paperboy::bench

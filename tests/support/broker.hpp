#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

// What tests against a real Kafka need of it, by librdkafka alone: nothing of paperboy has a part in what they check
// paperboy with.
namespace paperboy::test
{

// What the environment says; all throw std::runtime_error that names tools/test when it does not.
[[nodiscard]] std::string environment(char const* name);
[[nodiscard]] std::string bootstrap_servers();
[[nodiscard]] std::string broker_tool();

// A name that begins with `stem` and that no other test and no earlier run uses.
[[nodiscard]] std::string unique_name(std::string_view stem);

// Asks at a short pace until the answer is yes: for states that nothing announces. False when the deadline passes.
[[nodiscard]] bool eventually(std::function<bool()> const& predicate,
                              std::chrono::milliseconds deadline = std::chrono::seconds{120});

struct close_client
{
    void operator()(rd_kafka_t* client) const noexcept { rd_kafka_destroy(client); }
};
using client_handle = std::unique_ptr<rd_kafka_t, close_client>;
using settings_map = std::map<std::string, std::string>;

// A librdkafka client; `callbacks` may add to its configuration.
[[nodiscard]] client_handle make_client(rd_kafka_type_t type, settings_map const& settings,
                                        std::function<void(rd_kafka_conf_t*)> const& callbacks = nullptr);

// Throws std::runtime_error unless there is no error.
void require(rd_kafka_resp_err_t error, std::string const& what);
void require(rd_kafka_error_t* error, std::string const& what);

// Topics of a cluster.
class cluster
{
public:
    explicit cluster(std::string const& servers = bootstrap_servers());

    [[nodiscard]] std::string const& servers() const noexcept { return servers_; }

    // Creates a topic, under a name of its own that begins with `stem`, and waits until clients can see it.
    [[nodiscard]] std::string make_topic(std::string_view stem, int partitions, settings_map const& config = {});
    void create_topic(std::string const& name, int partitions, settings_map const& config = {});
    void delete_topic(std::string const& name);

    // Gives a topic more partitions, so that it has `partitions`.
    void grow_topic(std::string const& name, int partitions);

    // Deletes all that the partitions hold; their offsets go on.
    void delete_records(std::string const& topic, int partitions);

    // The offset after the last record, control records included.
    [[nodiscard]] std::int64_t end_offset(std::string const& topic, std::int32_t partition);

private:
    [[nodiscard]] int visible_partitions(std::string const& topic);

    std::string servers_;
    client_handle client_;
};

// A consumer group as an outsider sees it.
class group_view
{
public:
    explicit group_view(std::string const& group, std::string const& servers = bootstrap_servers());

    // The committed offsets by partition, without the partitions that have none.
    [[nodiscard]] std::map<std::int32_t, std::int64_t> committed(std::string const& topic, int partitions);

    // As the coordinator calls it: "Stable", "PreparingRebalance", "Empty", …
    [[nodiscard]] std::string state();

private:
    std::string group_;
    client_handle client_;
};

} // namespace paperboy::test

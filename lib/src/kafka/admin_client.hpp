#pragma once

#include "kafka/client.hpp"
#include "kafka/client_news.hpp"
#include "kafka/deadline.hpp"

#include <paperboy/admin.hpp>

#include <chrono>

namespace paperboy
{

// How long what brokers do not know yet is left alone before they are asked again.
inline constexpr std::chrono::milliseconds admin_pause{50};

class admin::impl
{
public:
    impl(config const& settings, std::chrono::milliseconds timeout);

    [[nodiscard]] std::vector<topic_description> topics();
    [[nodiscard]] topic_description topic(std::string const& name);
    // `time` as the protocol has it: see kafka/offset_queries.hpp.
    [[nodiscard]] std::vector<partition_offset> offsets_at(std::span<topic_partition const> partitions,
                                                           std::int64_t time, std::string const& what);
    void create_topic(std::string const& name, std::int32_t partitions, properties const& settings);
    void delete_topic(std::string const& name);
    [[nodiscard]] std::string changelog_identity(std::string const& topic);

    [[nodiscard]] std::vector<std::string> groups();
    [[nodiscard]] group_description describe(std::string const& group);
    [[nodiscard]] std::vector<partition_offset> committed(std::string const& group,
                                                          std::span<topic_partition const> partitions);
    void commit(std::string const& group, std::span<partition_offset const> offsets);

private:
    struct listed_group
    {
        std::string name;
        std::string state;
    };

    [[nodiscard]] std::vector<listed_group> list_groups();
    // A question begins: until there has been an answer, waits for a connection, so that a refused login is told at
    // once and not when the time is over.
    void begin(std::string const& doing);
    // What keeps a topic that was just created from being used; nothing: it can be.
    [[nodiscard]] std::string not_ready(std::string const& topic, std::int32_t partitions, int wait);
    // Throws what an answer of the admin interface says when that is an error.
    void require(kafka::event_handle const& answer, std::string const& doing);
    void require_each(rd_kafka_topic_result_t const* const* results, std::size_t count, std::string const& doing);
    [[noreturn]] void fail(std::string const& doing, rd_kafka_resp_err_t error, char const* reason = nullptr);
    // What is left for the question, in milliseconds.
    [[nodiscard]] int wait() const { return kafka::left_until(deadline_); }

    std::chrono::milliseconds timeout_;
    std::chrono::steady_clock::time_point deadline_;
    bool connected_ = false;
    kafka::client client_;
    kafka::queue_handle events_;
    kafka::client_news news_;
};

} // namespace paperboy

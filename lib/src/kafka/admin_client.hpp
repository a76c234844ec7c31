#pragma once

#include "kafka/client.hpp"
#include "kafka/client_news.hpp"

#include <paperboy/admin.hpp>

namespace paperboy
{

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
    // What keeps a topic that was just created from being used; nothing: it can be.
    [[nodiscard]] std::string not_ready(std::string const& topic, std::int32_t partitions, int wait);
    // Throws what an answer of the admin interface says when that is an error.
    void require(kafka::event_handle const& answer, std::string const& doing);
    void require_each(rd_kafka_topic_result_t const* const* results, std::size_t count, std::string const& doing);
    [[noreturn]] void fail(std::string const& doing, rd_kafka_resp_err_t error, char const* reason = nullptr);
    [[nodiscard]] int wait() const noexcept { return static_cast<int>(timeout_.count()); }

    std::chrono::milliseconds timeout_;
    kafka::client client_;
    kafka::queue_handle events_;
    kafka::client_news news_;
};

} // namespace paperboy

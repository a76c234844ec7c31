#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace paperboy::test
{

// One broker of librdkafka's mock, for what mock_cluster does not do: topics that no metadata is given of, and to tell
// whether requests have been answered with the codes that were meant for them.
class answering_cluster
{
public:
    [[nodiscard]] std::string bootstrap_servers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

    void create_topic(std::string const& topic, int partitions) const
    {
        require(rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1));
    }

    // `count` records with the values "0", "1", … into one partition.
    void produce(std::string const& topic, std::int32_t partition, int count) const
    {
        for (auto i = 0; i < count; ++i)
        {
            auto value = std::to_string(i);
            require(rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                      RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_END));
        }
        require(rd_kafka_flush(client_.get(), 30'000));
    }

    // The next requests of a kind (a Kafka protocol API key), one after the other.
    void fail_requests(std::int16_t api_key, std::vector<int> const& codes) const
    {
        for (auto const code : codes)
            require(rd_kafka_mock_broker_push_request_error_rtts(cluster_, broker, api_key, std::size_t{1},
                                                                 static_cast<rd_kafka_resp_err_t>(code), 0));
    }

    [[nodiscard]] bool has_used_codes(std::int16_t api_key) const
    {
        auto left = std::size_t{0};
        require(rd_kafka_mock_broker_error_stack_cnt(cluster_, broker, api_key, &left));
        return left == 0;
    }

    // What metadata says of a topic, until it is set to 0.
    void fail_topic(std::string const& topic, int code) const
    {
        rd_kafka_mock_topic_set_error(cluster_, topic.c_str(), static_cast<rd_kafka_resp_err_t>(code));
    }

    void set_round_trip_time(std::chrono::milliseconds time) const
    {
        require(rd_kafka_mock_broker_set_rtt(cluster_, broker, static_cast<int>(time.count())));
    }

private:
    struct destroy_client
    {
        void operator()(rd_kafka_t* client) const noexcept { rd_kafka_destroy(client); }
    };
    using client_handle = std::unique_ptr<rd_kafka_t, destroy_client>;

    static void require(rd_kafka_resp_err_t error)
    {
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
            throw std::runtime_error{rd_kafka_err2str(error)};
    }

    // A producer whose brokers are a mock of its own.
    static client_handle make_client()
    {
        auto reason = std::array<char, 512>{};
        auto* const conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", reason.data(), reason.size());
        rd_kafka_conf_set_log_cb(conf, nullptr);
        auto client = client_handle{rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason.data(), reason.size())};
        if (!client)
            throw std::runtime_error{reason.data()};
        return client;
    }

    static constexpr std::int32_t broker = 1;
    client_handle client_ = make_client();
    rd_kafka_mock_cluster_t* cluster_ = rd_kafka_handle_mock_cluster(client_.get());
};

} // namespace paperboy::test

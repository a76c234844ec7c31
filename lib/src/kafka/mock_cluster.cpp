#include <paperboy/mock_cluster.hpp>

#include "kafka/handles.hpp"

#include <paperboy/error.hpp>

#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <atomic>
#include <csignal>
#include <string>

#include <pthread.h>

namespace paperboy
{
namespace
{

using kafka::destroy_with;
using producer_handle = std::unique_ptr<rd_kafka_t, destroy_with<&rd_kafka_destroy>>;
using cluster_handle = std::unique_ptr<rd_kafka_mock_cluster_t, destroy_with<&rd_kafka_mock_cluster_destroy>>;
using kafka::headers_handle;

[[noreturn]] void refuse(std::string const& text)
{
    throw setup_error{errc::client_failed, "paperboy: mock cluster: " + text};
}

void require(rd_kafka_resp_err_t error, std::string const& what)
{
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        refuse(what + ": " + rd_kafka_err2str(error));
}

producer_handle make_producer(std::string const& servers, std::atomic<std::uint64_t>* refused)
{
    auto conf = kafka::conf_handle{rd_kafka_conf_new()};
    auto reason = std::array<char, 512>{};
    if (!servers.empty())
        rd_kafka_conf_set(conf.get(), "bootstrap.servers", servers.c_str(), reason.data(), reason.size());
    rd_kafka_conf_set(conf.get(), "linger.ms", "5", reason.data(), reason.size());
    // As Java's default, so that tables find their keys.
    rd_kafka_conf_set(conf.get(), "partitioner", "murmur2_random", reason.data(), reason.size());
    // Its clients are not the user's: what they say about brokers that come and go would only confuse.
    rd_kafka_conf_set_log_cb(conf.get(), nullptr);
    rd_kafka_conf_set_opaque(conf.get(), refused);
    rd_kafka_conf_set_dr_msg_cb(conf.get(),
                                [](rd_kafka_t*, rd_kafka_message_t const* message, void* opaque)
                                {
                                    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
                                        static_cast<std::atomic<std::uint64_t>*>(opaque)->fetch_add(1);
                                });
    auto producer = producer_handle{rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), reason.data(), reason.size())};
    if (!producer)
        refuse(reason.data());
    static_cast<void>(conf.release());
    return producer;
}

// librdkafka blocks signals in all its threads but the mock cluster's, which a signal ends for good: its destruction
// would wait for ever. A thread inherits the mask.
class blocked_signals
{
public:
    blocked_signals()
    {
        auto all = sigset_t{};
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    blocked_signals(blocked_signals const&) = delete;
    blocked_signals& operator=(blocked_signals const&) = delete;
    ~blocked_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

cluster_handle make_cluster(rd_kafka_t* owner, int brokers)
{
    auto const guard = blocked_signals{};
    auto cluster = cluster_handle{rd_kafka_mock_cluster_new(owner, brokers)};
    if (!cluster)
        refuse("librdkafka starts no cluster of " + std::to_string(brokers) + " brokers");
    return cluster;
}

headers_handle make_headers(std::vector<std::pair<std::string_view, std::string_view>> const& headers)
{
    if (headers.empty())
        return nullptr;
    auto list = headers_handle{rd_kafka_headers_new(headers.size())};
    for (auto const& [name, value] : headers)
        rd_kafka_header_add(list.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                            static_cast<ssize_t>(value.size()));
    return list;
}

// A null pointer stands for a null key or value, so an empty one needs an address.
void const* address_of(std::optional<std::string_view> const& bytes)
{
    if (!bytes)
        return nullptr;
    return bytes->data() == nullptr ? "" : bytes->data();
}

} // namespace

class mock_cluster::impl
{
public:
    explicit impl(int brokers)
        : owner_{make_producer("", &refused_)}, cluster_{make_cluster(owner_.get(), brokers)},
          producer_{make_producer(servers(), &refused_)}
    {
    }

    [[nodiscard]] std::string servers() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }
    [[nodiscard]] rd_kafka_mock_cluster_t* cluster() const noexcept { return cluster_.get(); }

    void produce(std::string const& topic, outgoing const& what)
    {
        auto headers = make_headers(what.headers);
        while (true)
        {
            auto const error = produce_now(topic, what, headers.get());
            if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            {
                require(error, "cannot produce to \"" + topic + "\"");
                static_cast<void>(headers.release());
                break;
            }
            rd_kafka_poll(producer_.get(), 100);
        }
        rd_kafka_poll(producer_.get(), 0);
    }

    void flush(std::chrono::milliseconds deadline)
    {
        require(rd_kafka_flush(producer_.get(), static_cast<int>(deadline.count())), "cannot flush");
        if (auto const count = refused_.exchange(0); count > 0)
            refuse(std::to_string(count) + " records were refused");
    }

private:
    rd_kafka_resp_err_t produce_now(std::string const& topic, outgoing const& what, rd_kafka_headers_t* headers)
    {
        auto const key_size = what.key ? what.key->size() : 0;
        auto const value_size = what.value ? what.value->size() : 0;
        auto const partition = what.partition.value_or(RD_KAFKA_PARTITION_UA);
        auto* const key = const_cast<void*>(address_of(what.key));
        auto* const value = const_cast<void*>(address_of(what.value));
        if (headers != nullptr)
            return rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                                     RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
                                     RD_KAFKA_V_VALUE(value, value_size), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
        return rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                                 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
                                 RD_KAFKA_V_VALUE(value, value_size), RD_KAFKA_V_END);
    }

    std::atomic<std::uint64_t> refused_{0};
    producer_handle owner_;
    cluster_handle cluster_;
    producer_handle producer_;
};

mock_cluster::mock_cluster(int brokers) : impl_{std::make_unique<impl>(brokers)} {}
mock_cluster::mock_cluster(mock_cluster&&) noexcept = default;
mock_cluster& mock_cluster::operator=(mock_cluster&&) noexcept = default;
mock_cluster::~mock_cluster() = default;

std::string mock_cluster::bootstrap_servers() const
{
    return impl_->servers();
}

void mock_cluster::create_topic(std::string const& topic, int partitions)
{
    require(rd_kafka_mock_topic_create(impl_->cluster(), topic.c_str(), partitions, 1),
            "cannot create topic \"" + topic + "\"");
}

void mock_cluster::produce(std::string const& topic, outgoing const& what)
{
    impl_->produce(topic, what);
}

void mock_cluster::flush(std::chrono::milliseconds deadline)
{
    impl_->flush(deadline);
}

void mock_cluster::fail_requests(std::int16_t api_key, std::vector<int> const& error_codes)
{
    auto errors = std::vector<rd_kafka_resp_err_t>{};
    for (auto const code : error_codes)
        errors.push_back(static_cast<rd_kafka_resp_err_t>(code));
    rd_kafka_mock_push_request_errors_array(impl_->cluster(), api_key, errors.size(), errors.data());
}

void mock_cluster::set_broker_up(std::int32_t broker, bool up)
{
    require(up ? rd_kafka_mock_broker_set_up(impl_->cluster(), broker)
               : rd_kafka_mock_broker_set_down(impl_->cluster(), broker),
            "no broker " + std::to_string(broker));
}

void mock_cluster::set_round_trip_time(std::int32_t broker, std::chrono::milliseconds time)
{
    require(rd_kafka_mock_broker_set_rtt(impl_->cluster(), broker, static_cast<int>(time.count())),
            "no broker " + std::to_string(broker));
}

} // namespace paperboy

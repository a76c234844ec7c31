#include <paperboy/topic_writer.hpp>

#include "kafka/client_config.hpp"
#include "kafka/client_news.hpp"
#include "kafka/event_decoder.hpp"
#include "kafka/kafka_error.hpp"
#include "kafka/produce_call.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace paperboy
{
namespace
{

using client_handle = std::unique_ptr<rd_kafka_t, kafka::destroy_with<&rd_kafka_destroy>>;
using clock = std::chrono::steady_clock;

constexpr auto longest_poll = 100;

kafka::conf_handle make_conf(config settings)
{
    for (auto const* const name : {"message.timeout.ms", "delivery.timeout.ms"})
        if (settings.properties.contains(name) || settings.producer.properties.contains(name))
            return kafka::make_producer_conf(settings);
    settings.producer.properties.insert({"message.timeout.ms", "30000"});
    return kafka::make_producer_conf(settings);
}

client_handle make_client(config const& settings)
{
    auto conf = make_conf(settings);
    auto reason = std::array<char, 512>{};
    auto handle = client_handle{rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), reason.data(), reason.size())};
    if (!handle)
        throw setup_error{errc::invalid_config,
                          std::string{"paperboy: librdkafka refuses these settings of the producer: "} + reason.data()};
    static_cast<void>(conf.release());
    return handle;
}

} // namespace

class topic_writer::impl
{
public:
    explicit impl(config const& settings)
        : news_{settings}, client_{make_client(settings)}, events_{kafka::main_queue_of(client_.get())}
    {
    }
    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;

    // Without a purge the client's destruction would wait for nothing, but leave reports that nobody takes.
    ~impl()
    {
        rd_kafka_purge(client_.get(),
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    }

    void send(std::string const& topic, std::optional<std::string_view> key, std::optional<std::string_view> value,
              send_options const& options)
    {
        auto what = detail::outgoing_view{};
        what.key = key;
        what.value = value;
        what.partition = options.partition.value_or(detail::outgoing_view::any_partition);
        what.timestamp_ms = options.timestamp ? detail::sendable_ms(*options.timestamp) : 0;
        what.headers = options.headers;
        auto* const handle = handle_of(topic);
        auto error = RD_KAFKA_RESP_ERR_NO_ERROR;
        auto* const number = reinterpret_cast<void*>(std::uintptr_t{sent_});
        while ((error = kafka::produce(client_.get(), handle, what, number)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        {
            take(longest_poll);
            fail_when_refused();
        }
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
            fail(topic, options.partition.value_or(-1), error);
        ++sent_;
        take(0);
        fail_when_refused();
    }

    void flush(std::chrono::milliseconds timeout)
    {
        auto const deadline = clock::now() + timeout;
        while (acknowledged_ + refused_ < sent_)
        {
            if (clock::now() >= deadline)
                news_.fail("produce " + std::to_string(sent_ - acknowledged_ - refused_) + " records within " +
                               std::to_string(timeout.count()) + " ms",
                           RD_KAFKA_RESP_ERR__TIMED_OUT);
            take(longest_poll);
        }
        fail_when_refused();
    }

    [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }
    [[nodiscard]] std::uint64_t acknowledged_in_order() const noexcept { return in_order_; }

private:
    // The first record that was.
    struct refusal
    {
        std::string topic;
        std::int32_t partition;
        rd_kafka_resp_err_t error;
    };

    [[nodiscard]] rd_kafka_topic_t* handle_of(std::string const& topic)
    {
        auto& handle = topics_[topic];
        if (!handle)
            handle.reset(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
        if (!handle)
            fail(topic, -1, rd_kafka_last_error());
        return handle.get();
    }

    // Waits for an event, takes all that are there.
    void take(int wait)
    {
        while (auto const event = kafka::event_handle{rd_kafka_queue_poll(events_.get(), wait)})
        {
            wait = 0;
            if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_DR)
                news_.hear(kafka::decode(client_.get(), event.get()));
            else
                while (auto const* const message = rd_kafka_event_message_next(event.get()))
                    report(*message);
        }
    }

    void report(rd_kafka_message_t const& message)
    {
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR)
        {
            if (refused_++ == 0)
                refusal_ = {rd_kafka_topic_name(message.rkt), message.partition, message.err};
            return;
        }
        ++acknowledged_;
        early_.insert(reinterpret_cast<std::uintptr_t>(message._private));
        for (; !early_.empty() && *early_.begin() == in_order_; early_.erase(early_.begin()))
            ++in_order_;
    }

    void fail_when_refused()
    {
        if (refused_ > 0)
            fail(refusal_.topic, refusal_.partition, refusal_.error);
    }

    [[noreturn]] void fail(std::string const& topic, std::int32_t partition, rd_kafka_resp_err_t error)
    {
        news_.fail("produce to " + (partition < 0 ? topic : to_string(topic_partition{topic, partition})), error);
    }

    kafka::client_news news_;
    client_handle client_;
    kafka::queue_handle events_;
    std::map<std::string, kafka::topic_handle, std::less<>> topics_;
    std::uint64_t sent_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t refused_ = 0;
    refusal refusal_ = {};
    // Records are numbered from 0 on. All in front of this one are acknowledged; those that are behind one that is not:
    std::uint64_t in_order_ = 0;
    std::set<std::uint64_t> early_;
};

topic_writer::topic_writer(config const& settings) : impl_{std::make_unique<impl>(settings)} {}
topic_writer::topic_writer(topic_writer&&) noexcept = default;
topic_writer& topic_writer::operator=(topic_writer&&) noexcept = default;
topic_writer::~topic_writer() = default;

void topic_writer::send(std::string const& topic, std::optional<std::string_view> key,
                        std::optional<std::string_view> value, send_options const& options)
{
    impl_->send(topic, key, value, options);
}

void topic_writer::flush(std::chrono::milliseconds timeout)
{
    impl_->flush(timeout);
}

std::uint64_t topic_writer::acknowledged() const noexcept
{
    return impl_->acknowledged();
}

std::uint64_t topic_writer::acknowledged_in_order() const noexcept
{
    return impl_->acknowledged_in_order();
}

} // namespace paperboy

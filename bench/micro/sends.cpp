// What a tracked send costs beside librdkafka's own producer, with the same settings: both produce to a mock cluster in
// this process, and all of the process's CPU is counted, so the difference is what the outbox adds. A third loop awaits
// each record, one after the other: the latency of async_send.

#include "kafka/client_config.hpp"
#include "kafka/outbox.hpp"
#include "pipeline/partition_sends.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/producer.hpp>

#include <benchmark/benchmark.h>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace
{

constexpr int records = 50'000;
constexpr char const* topic = "output";

paperboy::mock_cluster& cluster()
{
    static auto instance = []
    {
        auto made = paperboy::mock_cluster{};
        made.create_topic(topic, 4);
        return made;
    }();
    return instance;
}

paperboy::config settings()
{
    auto made = paperboy::config{};
    made.bootstrap_servers = cluster().bootstrap_servers();
    made.group_id = "bench";
    return made;
}

std::string const& value()
{
    static auto const bytes = std::string(100, 'v');
    return bytes;
}

// The record that is sent for: of a partition with a ledger, never on a broker.
class cause_block final : public paperboy::detail::record_block
{
public:
    cause_block() : record_block{std::make_shared<paperboy::pipeline::partition_sends>()} {}

    [[nodiscard]] paperboy::record_view at(std::int64_t offset)
    {
        message_.offset = offset;
        return {*this, message_};
    }

    [[nodiscard]] std::string_view topic() const noexcept override { return "input"; }
    [[nodiscard]] std::span<paperboy::detail::message const* const> messages() const noexcept override { return {}; }
    [[nodiscard]] std::int64_t timestamp_ms(paperboy::detail::message const&) const noexcept override { return -1; }
    [[nodiscard]] std::size_t header_count(paperboy::detail::message const&) const noexcept override { return 0; }
    [[nodiscard]] paperboy::detail::header_fields header(paperboy::detail::message const&,
                                                         std::size_t) const noexcept override
    {
        return {};
    }

private:
    void destroy() noexcept override {}

    paperboy::detail::message message_{};
};

// An outbox and the loop that serves it.
class sending
{
public:
    sending()
    {
        box_->prepare(loop_.get_executor(), [] { return paperboy::kafka::make_producer_conf(settings()); }, [] {});
        box_->open();
    }
    sending(sending const&) = delete;
    sending& operator=(sending const&) = delete;
    ~sending() { static_cast<void>(box_->close()); }

    [[nodiscard]] paperboy::topic_producer<> producer() { return {box_, topic, {}, {}}; }
    [[nodiscard]] boost::asio::io_context& loop() noexcept { return loop_; }

    template <class P>
    void serve_until(P condition)
    {
        while (!condition())
            if (auto const turn = box_->serve(); !turn.more && !turn.reported && !condition())
            {
                box_->events().async_wait([](auto) {});
                loop_.restart();
                loop_.run_one();
                box_->events().interrupt();
                loop_.restart();
                loop_.poll();
                box_->events().acknowledge();
            }
    }
    [[nodiscard]] bool settled() const { return box_->settled(); }

private:
    boost::asio::io_context loop_;
    std::shared_ptr<paperboy::kafka::outbox> box_ = std::make_shared<paperboy::kafka::outbox>();
};

void raw_producev(benchmark::State& state)
{
    using namespace paperboy::kafka;
    auto conf = make_producer_conf(settings());
    auto const client = client_remains{rd_kafka_new(RD_KAFKA_PRODUCER, conf.release(), nullptr, 0), &rd_kafka_destroy};
    auto const queue = queue_handle{rd_kafka_queue_get_main(client.get())};
    rd_kafka_set_log_queue(client.get(), queue.get());
    auto output = topic_handle{rd_kafka_topic_new(client.get(), topic, nullptr)};
    auto reported = 0;
    auto const serve = [&](int timeout)
    {
        auto const event = event_handle{rd_kafka_queue_poll(queue.get(), timeout)};
        if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR)
            while (rd_kafka_event_message_next(event.get()) != nullptr)
                ++reported;
    };
    for (auto _ : state)
    {
        reported = 0;
        for (auto i = 0; i < records; ++i)
            rd_kafka_producev(client.get(), RD_KAFKA_V_RKT(output.get()), RD_KAFKA_V_PARTITION(i % 4),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY("key", 3),
                              RD_KAFKA_V_VALUE(const_cast<char*>(value().data()), value().size()), RD_KAFKA_V_END);
        while (reported < records)
            serve(100);
    }
    output.reset();
    state.SetItemsProcessed(state.iterations() * records);
}
BENCHMARK(raw_producev)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

void tracked_send(benchmark::State& state)
{
    auto sends = sending{};
    auto const out = sends.producer();
    auto causes = cause_block{};
    auto offset = std::int64_t{0};
    for (auto _ : state)
    {
        for (auto i = 0; i < records; ++i)
            out.send(causes.at(offset++), "key", value(), {.partition = i % 4});
        sends.serve_until([&] { return sends.settled(); });
    }
    state.SetItemsProcessed(state.iterations() * records);
}
BENCHMARK(tracked_send)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

void awaited_send(benchmark::State& state)
{
    auto sends = sending{};
    auto const out = sends.producer();
    for (auto _ : state)
    {
        auto there = false;
        out.async_send("key", value(), {.partition = 0},
                       boost::asio::bind_executor(sends.loop(), [&](auto, auto) { there = true; }));
        sends.serve_until([&] { return there; });
    }
}
BENCHMARK(awaited_send)->UseRealTime()->Unit(benchmark::kMicrosecond);

} // namespace

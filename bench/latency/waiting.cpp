// How long a record takes from its producer to a hook, one every two milliseconds, with all partitions at work and with
// the hook of one of them waiting for something all the time. Phases alternate; each has a group of its own that begins
// at the end.

#include "latency/modes.hpp"

#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace paperboy::bench
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::int32_t partitions = 8;
constexpr auto interval = 2ms;
constexpr auto rounds = 3;

struct destroy
{
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};

// Sends the present time to one partition after the other.
class ticking_producer
{
public:
    ticking_producer(std::string const& servers, std::string topic) : topic_{std::move(topic)}
    {
        char reason[256];
        auto* const conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "bootstrap.servers", servers.c_str(), nullptr, 0);
        rd_kafka_conf_set(conf, "linger.ms", "0", nullptr, 0);
        client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason));
        if (!client_)
            throw std::runtime_error{reason};
    }

    void tick()
    {
        auto const now = steady::now().time_since_epoch().count();
        rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_PARTITION(next_),
                          RD_KAFKA_V_VALUE(const_cast<std::int64_t*>(&now), sizeof now),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        rd_kafka_poll(client_.get(), 0);
        next_ = (next_ + 1) % partitions;
    }

private:
    std::string topic_;
    std::unique_ptr<rd_kafka_t, destroy> client_;
    std::int32_t next_ = 0;
};

// Notes the age of the records of all partitions but the first, whose hook waits where it is told to.
class timing_handler
{
public:
    timing_handler(std::vector<double>& ages, bool first_waits) : ages_{ages}, first_waits_{first_waits} {}

    asio::awaitable<void> on_message(record_view const& record)
    {
        if (record.partition() != 0)
        {
            note(record);
            co_return;
        }
        if (!first_waits_)
            co_return;
        auto for_ever = asio::steady_timer{co_await asio::this_coro::executor, steady::time_point::max()};
        co_await for_ever.async_wait(asio::use_awaitable);
    }

private:
    void note(record_view const& record)
    {
        auto sent = std::int64_t{0};
        std::memcpy(&sent, record.value().data(), sizeof sent);
        auto const age = steady::now().time_since_epoch() - steady::duration{sent};
        ages_.push_back(std::chrono::duration<double, std::micro>{age}.count());
    }

    std::vector<double>& ages_;
    bool first_waits_;
};

class start_signal final : public observer
{
public:
    explicit start_signal(std::function<void()> start) : start_{std::move(start)} {}
    void on_assigned(std::span<topic_partition const>) noexcept override { start_(); }

private:
    std::function<void()> start_;
};

std::vector<double> measure(std::string const& servers, std::string const& topic, bool first_waits,
                            std::chrono::seconds length, ticking_producer& producer)
{
    static auto count = 0;
    auto ages = std::vector<double>{};
    asio::io_context context;
    asio::steady_timer clock{context};
    auto end = steady::time_point::max();
    auto settings = config{};
    settings.bootstrap_servers = servers;
    settings.group_id = "latency-" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) + "-" +
                        std::to_string(++count);
    settings.auto_offset_reset = offset_reset::latest;
    settings.shutdown_timeout = 1s;
    settings.log = logger{log_level::error};
    paperboy::engine* running = nullptr;
    std::function<void(error_code)> tick = [&](error_code error)
    {
        if (error)
            return;
        if (steady::now() > end)
            return running->stop();
        producer.tick();
        clock.expires_at(clock.expiry() + interval);
        clock.async_wait(tick);
    };
    // The first second warms up; what it brings is not counted.
    settings.watcher = std::make_shared<start_signal>(
        [&]
        {
            asio::post(context,
                       [&]
                       {
                           end = steady::now() + 1s + length;
                           clock.expires_after(interval);
                           clock.async_wait(tick);
                       });
        });
    paperboy::engine engine{context, settings};
    running = &engine;
    engine.handle(topic, timing_handler{ages, first_waits});
    engine.async_run([](error_code) {});
    context.run();
    auto const warm = std::min(ages.size(), static_cast<std::size_t>(1s / interval));
    ages.erase(ages.begin(), ages.begin() + static_cast<std::ptrdiff_t>(warm));
    return ages;
}

void print(std::string const& what, std::vector<double> ages)
{
    if (ages.empty())
        throw std::runtime_error{"no records came; does the topic exist, with 8 partitions?"};
    std::ranges::sort(ages);
    auto const at = [&](double part)
    { return ages[static_cast<std::size_t>(part * static_cast<double>(ages.size() - 1))]; };
    std::cout << std::left << std::setw(24) << what << std::right << std::fixed << std::setprecision(0) << "records "
              << ages.size() << "  p50 " << at(0.5) << "  p90 " << at(0.9) << "  p99 " << at(0.99) << " us"
              << std::endl;
}

} // namespace

int time_beside_waiting(arguments const& given)
{
    auto const length = std::chrono::seconds{given.size() == 3 ? std::stoi(given[2]) : 10};
    auto producer = ticking_producer{given.at(0), given.at(1)};
    for (auto round = 0; round < rounds; ++round)
    {
        print("all at work", measure(given[0], given[1], false, length, producer));
        print("the first one waits", measure(given[0], given[1], true, length, producer));
    }
    return 0;
}

} // namespace paperboy::bench

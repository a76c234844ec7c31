// What is fetched ahead of slow handlers, on a real broker.

#include "support/broker_engine.hpp"
#include "support/broker_producer.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <fstream>
#include <mutex>
#include <numeric>
#include <vector>

#include <unistd.h>

namespace paperboy::test::flow_test
{
namespace
{

using namespace std::chrono_literals;
namespace asio = boost::asio;

// More than a client is made for at first.
constexpr std::size_t partitions = 12;
constexpr std::size_t records_each = 30'000;
// With as much again that librdkafka adds they fill both limits of a queue at once.
constexpr std::size_t record_size = 400;
constexpr std::size_t limit = std::size_t{16} << 20;
constexpr std::size_t allowance = 32'000'000;

// Where the first record of a partition waits, for an event and not for a time.
class gate
{
public:
    asio::awaitable<void> wait()
    {
        auto timer =
            asio::steady_timer{co_await asio::this_coro::executor, std::chrono::steady_clock::time_point::max()};
        waiting_ = &timer;
        auto ignored = error_code{};
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    [[nodiscard]] bool closed() const { return waiting_ != nullptr; }
    void open()
    {
        auto* const timer = waiting_.load();
        asio::post(timer->get_executor(), [timer] { timer->cancel(); });
    }

private:
    std::atomic<asio::steady_timer*> waiting_{nullptr};
};

// Where many records wait at the same time.
class common_gate
{
public:
    asio::awaitable<void> wait()
    {
        auto timer =
            asio::steady_timer{co_await asio::this_coro::executor, std::chrono::steady_clock::time_point::max()};
        if (!add(timer))
            co_return;
        auto ignored = error_code{};
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    [[nodiscard]] std::size_t waiting() const
    {
        auto const lock = std::scoped_lock{mutex_};
        return timers_.size();
    }
    void open()
    {
        auto const lock = std::scoped_lock{mutex_};
        open_ = true;
        for (auto* const each : timers_)
            asio::post(each->get_executor(), [each] { each->cancel(); });
    }

private:
    bool add(asio::steady_timer& timer)
    {
        auto const lock = std::scoped_lock{mutex_};
        if (!open_)
            timers_.push_back(&timer);
        return !open_;
    }

    mutable std::mutex mutex_;
    std::vector<asio::steady_timer*> timers_;
    bool open_ = false;
};

struct fixture
{
    std::string topic = cluster{}.make_topic("flow", partitions);
    std::array<gate, partitions> gates;
    std::array<std::atomic<std::size_t>, partitions> handled{};

    fixture()
    {
        auto sender = producer{bootstrap_servers(), {{"batch.num.messages", "200"}}};
        auto const value = std::string(record_size, 'x');
        for (std::size_t i = 0; i < records_each * partitions; ++i)
            sender.send(topic, {.partition = static_cast<std::int32_t>(i % partitions), .value = value});
        sender.flush();
    }
    [[nodiscard]] std::size_t handled_in(std::size_t first, std::size_t last) const
    {
        return std::accumulate(handled.begin() + static_cast<std::ptrdiff_t>(first),
                               handled.begin() + static_cast<std::ptrdiff_t>(last), std::size_t{0});
    }
};

struct gated_handler
{
    fixture& shared;

    asio::awaitable<void> on_message(record_view const& record)
    {
        auto const number = static_cast<std::size_t>(record.partition());
        if (record.offset() == 0)
            co_await shared.gates[number].wait();
        ++shared.handled[number];
    }
};

// Every 500th record waits, those between them do not.
struct often_gated_handler
{
    fixture& shared;
    common_gate& where;

    asio::awaitable<void> on_message(record_view const& record)
    {
        if (record.offset() % 500 == 0)
            co_await where.wait();
        ++shared.handled[static_cast<std::size_t>(record.partition())];
    }
};

std::size_t resident_bytes()
{
    auto file = std::ifstream{"/proc/self/statm"};
    auto all = std::size_t{};
    auto resident = std::size_t{};
    file >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t prefetched(engine_stats const& stats)
{
    return std::accumulate(stats.partitions.begin(), stats.partitions.end(), std::size_t{0},
                           [](auto sum, auto const& each) { return sum + each.prefetched + each.in_flight; });
}

} // namespace

// 1. All handlers stop at their first record: memory stays within the limit while ten times as much waits.
// 2. All but one go on: that one neither stops them nor takes their room, and its own queue stays as it is.
// 3. The last goes on: nothing is missing.
BOOST_FIXTURE_TEST_CASE(memory_is_bounded_and_a_blocked_partition_blocks_no_other, fixture)
{
    auto settings = test_config(unique_name("flow"));
    settings.memory_limit = limit;
    settings.revoke_timeout = 3s;
    auto const before = resident_bytes();
    auto engine = running_engine{"engine", settings, [this](auto& e) { e.handle(topic, gated_handler{*this}); }};
    auto last = std::size_t{0};
    auto const settled = eventually(
        [&]
        {
            auto const now = prefetched(engine->stats());
            return std::ranges::all_of(gates, &gate::closed) && now > partitions && now == std::exchange(last, now);
        });
    BOOST_REQUIRE(settled);
    auto const stats = engine->stats();
    BOOST_TEST(stats.memory_limit == limit);
    BOOST_TEST(stats.buffered_bytes <= limit);
    BOOST_TEST(prefetched(stats) * record_size <= limit);
    auto const now = resident_bytes();
    BOOST_TEST(now - std::min(now, before) <= limit + allowance);
    for (auto& each : std::span{gates}.subspan(1))
        each.open();
    BOOST_TEST(eventually([&] { return handled_in(1, partitions) == records_each * (partitions - 1); }));
    BOOST_TEST(handled[0] == 0U);
    gates[0].open();
    BOOST_TEST(eventually([&] { return handled[0] == records_each; }));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(engine->stats().missed_wakeups == 0U);
}

// Those that wait would keep all that was read with them: 60 of 30,000 in each partition, and with them everything.
BOOST_FIXTURE_TEST_CASE(memory_is_bounded_where_many_records_wait_among_others_that_do_not, fixture)
{
    auto settings = test_config(unique_name("flow"));
    settings.memory_limit = limit;
    auto where = common_gate{};
    auto options = handler_options{};
    options.ordering = ordering::none;
    auto const before = resident_bytes();
    auto engine = running_engine{"engine", settings,
                                 [&](auto& e) { e.handle(topic, often_gated_handler{*this, where}, options); }};
    auto last = std::size_t{0};
    auto const settled = eventually(
        [&]
        {
            auto const now = prefetched(engine->stats()) + handled_in(0, partitions);
            return where.waiting() >= partitions && now == std::exchange(last, now);
        });
    BOOST_REQUIRE(settled);
    BOOST_TEST(engine->stats().buffered_bytes <= limit);
    auto const now = resident_bytes();
    BOOST_TEST(now - std::min(now, before) <= limit + allowance);
    where.open();
    BOOST_TEST(eventually([&] { return handled_in(0, partitions) == records_each * partitions; }));
    BOOST_TEST(!engine.stop());
}

} // namespace paperboy::test::flow_test

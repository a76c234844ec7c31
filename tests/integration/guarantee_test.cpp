// The guarantee, under random delays: order per partition, hooks of one partition never overlap, and what is committed
// never passes unfinished work and never falls.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

namespace paperboy::test::guarantee_test
{
namespace
{

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr int partitions = 8;
constexpr int per_partition_count = 600;

// Each record's delay follows from the seed alone. Most are short, some are a hundred times as long.
struct delaying_handler
{
    journal& log;
    std::uint32_t seed;

    asio::awaitable<void> on_message(record_view const& record)
    {
        static std::string const name = "engine";
        auto span = hook_span{log, name, record};
        auto where = std::seed_seq{seed, static_cast<std::uint32_t>(record.partition()),
                                   static_cast<std::uint32_t>(record.offset())};
        auto random = std::minstd_rand{where};
        if (auto const choice = random() % 100; choice < 60)
        {
            auto timer = asio::steady_timer{co_await asio::this_coro::executor};
            timer.expires_after(choice == 0 ? 30ms : std::chrono::microseconds{random() % 1000});
            co_await timer.async_wait(asio::use_awaitable);
        }
        span.done();
    }
};

// Somebody outside: asks the broker for the group's offsets, again and again.
class outsider
{
public:
    outsider(journal& log, std::string group, std::string topic)
        : log_{log}, topic_{std::move(topic)}, view_{group}, thread_{[this](std::stop_token const& end) { watch(end); }}
    {
    }

    [[nodiscard]] int looks() const noexcept { return looks_.load(); }

private:
    void watch(std::stop_token const& end)
    {
        while (!end.stop_requested())
        {
            log_.seen_committed(topic_, view_.committed(topic_, partitions));
            ++looks_;
        }
    }

    journal& log_;
    std::string topic_;
    group_view view_;
    std::atomic<int> looks_{0};
    std::jthread thread_;
};

void check_guarantee(std::uint32_t seed, std::string const& topic)
{
    auto log = journal{};
    auto settings = test_config(unique_name("guarantee"));
    auto const group = settings.group_id;
    settings.commit.interval = 10ms;
    settings.batch_size = 1 + seed % 100;
    settings.watcher = std::make_shared<journaling_observer>(log, "engine");
    auto engine = running_engine{"engine", std::move(settings),
                                 [&](auto& e) { e.handle(topic, delaying_handler{log, seed}); }, 2};
    {
        auto const watching = outsider{log, group, topic};
        BOOST_TEST(log.await([&] { return log.finished_count() == std::size_t{partitions * per_partition_count}; }));
        BOOST_TEST(watching.looks() > 1);
    }
    BOOST_TEST(!engine.stop());
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.commits() > 1U);
    BOOST_TEST(log.violations() == "");
    auto const committed = group_view{group}.committed(topic, partitions);
    for (auto partition = 0; partition < partitions; ++partition)
        BOOST_TEST(committed.at(partition) == per_partition_count);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_guarantee_holds_under_random_delays)
{
    auto const topic = cluster{}.make_topic("guarantee", partitions);
    auto sender = producer{};
    sender.send_numbered(topic, partitions, 0, per_partition_count);
    sender.flush();
    for (auto const seed : {1U, 20U, 99U})
        BOOST_TEST_CONTEXT("seed " << seed) check_guarantee(seed, topic);
}

// Stopped at an arbitrary moment again and again: each run goes on exactly where the one before ended.
BOOST_AUTO_TEST_CASE(runs_that_are_stopped_in_the_middle_repeat_and_lose_nothing)
{
    auto const topic = cluster{}.make_topic("guarantee", partitions);
    auto sender = producer{};
    sender.send_numbered(topic, partitions, 0, per_partition_count);
    sender.flush();
    auto log = journal{};
    auto settings = test_config(unique_name("guarantee"));
    settings.commit.interval = 1h;
    settings.watcher = std::make_shared<journaling_observer>(log, "engine");
    for (auto run = 1; run <= 4; ++run)
    {
        auto engine =
            running_engine{"engine", settings, [&](auto& e) { e.handle(topic, delaying_handler{log, 7}); }, 2};
        auto const enough = static_cast<std::size_t>(run * partitions * per_partition_count / 4);
        BOOST_TEST(log.await([&] { return log.finished_count() >= enough; }));
        BOOST_TEST(!engine.stop());
    }
    BOOST_TEST(log.finished_count() == std::size_t{partitions * per_partition_count});
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

} // namespace paperboy::test::guarantee_test

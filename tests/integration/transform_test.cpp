// From topic to topic: every record's record is in the output, and its offset is committed only after that.

#include "support/broker_engine.hpp"
#include "support/broker_producer.hpp"
#include "support/topic_reader.hpp"

#include <paperboy/observer.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <future>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>

namespace paperboy::test::transform_test
{
namespace
{

using namespace std::chrono_literals;

constexpr int partitions = 4;

// How many records: more where the environment says so.
int transform_count()
{
    auto const* const wanted = std::getenv("PAPERBOY_TRANSFORM_RECORDS"); // NOLINT(concurrency-mt-unsafe)
    return wanted == nullptr ? 200'000 : std::stoi(wanted);
}

struct forwarding_handler
{
    topic_producer<> out;

    void on_message(record_view const& record)
    {
        out.send(record, record.optional_key(), record.optional_value(), {.partition = record.partition()});
    }
};

// Compares the offsets of each commit with what was acknowledged by then: an input record makes an output record.
class comparing_observer final : public observer
{
public:
    std::function<std::uint64_t()> acknowledged;
    std::map<std::int32_t, std::int64_t> committed;
    int commits = 0;
    int violations = 0;

    void on_commit(error_code result, std::span<partition_offset const> offsets) noexcept override
    {
        if (result)
            return;
        ++commits;
        for (auto const& each : offsets)
            committed[each.partition] = each.offset;
        violations += sum() > acknowledged() ? 1 : 0;
    }

    [[nodiscard]] std::uint64_t sum() const
    {
        auto all = std::int64_t{0};
        for (auto const& [partition, offset] : committed)
            all += offset;
        return static_cast<std::uint64_t>(all);
    }
};

// The most memory that this process has had since the other function was called, in MB.
void forget_peak_memory()
{
    std::ofstream{"/proc/self/clear_refs"} << "5";
}

std::size_t peak_memory()
{
    auto status = std::ifstream{"/proc/self/status"};
    auto name = std::string{};
    while (status >> name)
    {
        if (auto kilobytes = std::size_t{0}; name == "VmHWM:" && status >> kilobytes)
            return kilobytes / 1024;
        status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    throw std::runtime_error{"/proc/self/status does not tell of VmHWM"};
}

// Whether the records, which begin with their numbers, come in their order.
struct checking_handler
{
    std::atomic<int>& handled;
    std::atomic<int>& misplaced;

    void on_message(record_view const& record)
    {
        auto const expected = std::to_string(handled++) + " ";
        misplaced += record.value().starts_with(expected) ? 0 : 1;
    }
};

} // namespace

// 200 MB pass through a queue of 5 records, which is sent each 10 ms: slower than they come.
BOOST_AUTO_TEST_CASE(a_full_queue_bounds_what_large_records_take_and_keeps_their_order)
{
    constexpr auto count = 2000;
    auto brokers = cluster{};
    auto const input = brokers.make_topic("transform-large-in", 1);
    auto const output = brokers.make_topic("transform-large-out", 1);
    {
        auto sender = producer{};
        auto const padding = std::string(100'000, 'x');
        for (auto number = 0; number < count; ++number)
        {
            sender.send(input, {.value = std::to_string(number) + " " + padding});
            if (number % 100 == 99)
                sender.flush();
        }
    }
    auto settings = test_config(unique_name("transform-large"));
    settings.memory_limit = std::size_t{16} << 20U;
    settings.batch_size = 5;
    forget_peak_memory();
    auto const before = peak_memory();
    auto most_waiting = std::size_t{0};
    {
        settings.producer.properties = {{"queue.buffering.max.messages", "5"}, {"linger.ms", "10"}};
        auto running = running_engine{"transform-large", settings, [&](engine& which)
                                      { which.handle(input, forwarding_handler{which.make_producer(output)}); }};
        BOOST_TEST(eventually(
            [&]
            {
                auto const stats = running->stats().producer;
                most_waiting = std::max(most_waiting, stats.waiting);
                return stats.acknowledged == count;
            },
            120s));
        BOOST_TEST(running.stop() == error_code{});
    }
    BOOST_TEST(most_waiting > 0U);
    BOOST_TEST(most_waiting <= 5U);
    BOOST_TEST(peak_memory() < before + 60);

    auto handled = std::atomic<int>{0};
    auto misplaced = std::atomic<int>{0};
    settings.group_id = unique_name("transform-large-check");
    auto checking = running_engine{"transform-large-check", settings,
                                   [&](engine& which) { which.handle(output, checking_handler{handled, misplaced}); }};
    BOOST_TEST(eventually([&] { return handled == count; }, 120s));
    BOOST_TEST(checking.stop() == error_code{});
    BOOST_TEST(misplaced == 0);
}

BOOST_AUTO_TEST_CASE(a_transform_loses_nothing_and_commits_nothing_too_early)
{
    auto brokers = cluster{};
    auto const input = brokers.make_topic("transform-in", partitions);
    auto const output = brokers.make_topic("transform-out", partitions);
    auto const per_partition_count = transform_count() / partitions;
    auto const count = static_cast<std::uint64_t>(per_partition_count) * partitions;
    auto sender = producer{};
    sender.send_numbered(input, partitions, 0, per_partition_count);
    sender.flush();

    auto watcher = std::make_shared<comparing_observer>();
    auto settings = test_config(unique_name("transform"));
    settings.commit.interval = 20ms;
    settings.watcher = watcher;
    auto running = std::optional<running_engine>{};
    auto started = std::promise<engine*>{};
    watcher->acknowledged = [which = started.get_future().share()]
    { return which.get()->stats().producer.acknowledged; };
    running.emplace("transform", settings,
                    [&](engine& which)
                    {
                        which.handle(input, forwarding_handler{which.make_producer(output)});
                        started.set_value(&which);
                    });
    BOOST_TEST(eventually([&] { return (*running)->stats().records == count; }, 120s));
    BOOST_TEST(running->stop() == error_code{});

    BOOST_TEST(watcher->violations == 0);
    BOOST_TEST(watcher->commits > 1);
    BOOST_TEST(watcher->sum() == count);
    BOOST_TEST((*running)->stats().producer.acknowledged == count);
    auto next = std::map<std::int32_t, int>{};
    for (auto const& each : read_topic(bootstrap_servers(), output, count, partitions))
        BOOST_TEST_REQUIRE((each.value == std::to_string(next[each.partition]++)));
    for (auto partition = 0; partition < partitions; ++partition)
        BOOST_TEST(brokers.end_offset(output, partition) == per_partition_count);
}

} // namespace paperboy::test::transform_test

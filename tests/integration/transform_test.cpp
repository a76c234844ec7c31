// From topic to topic: every record's record is in the output, and its offset is committed only after that.

#include "support/broker_engine.hpp"
#include "support/broker_producer.hpp"
#include "support/topic_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <future>
#include <map>
#include <optional>

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
        out.send(record, record.key(), record.value(), {.partition = record.partition()});
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

} // namespace

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

// Each series shows its own number: every number of the statistics is another one here.

#include "metrics/families.hpp"
#include "registry/fixture.hpp"
#include "support/exposition.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace paperboy::metrics_detail::families_test
{
namespace
{

using namespace std::chrono_literals;
using numbers = std::map<std::string, double>;

// Numbers that are each given once.
class fresh_numbers
{
public:
    template <class T>
    void operator()(T& into)
    {
        into = static_cast<T>(++last_);
    }
    template <class T>
    void operator()(std::optional<T>& into)
    {
        into = T(++last_);
    }
    void operator()(duration_histogram& into)
    {
        into.counts.front() = static_cast<std::uint64_t>(++last_);
        into.counts.back() = static_cast<std::uint64_t>(++last_);
        into.count = into.counts.front() + into.counts.back();
        (*this)(into.seconds);
    }

private:
    std::int32_t last_ = 1000;
};

producer_stats fill_producer(fresh_numbers& fresh)
{
    auto out = producer_stats{};
    fresh(out.records);
    fresh(out.bytes);
    fresh(out.acknowledged);
    fresh(out.failed);
    fresh(out.in_flight);
    fresh(out.waiting);
    fresh(out.latencies);
    fresh(out.replacements);
    return out;
}

topic_stats fill_topic(fresh_numbers& fresh)
{
    auto out = topic_stats{};
    out.topic = "orders";
    fresh(out.skipped);
    fresh(out.retried);
    fresh(out.dead_letters);
    fresh(out.failed);
    fresh(out.batches);
    fresh(out.bulks);
    out.hooks = {{hook::on_message, {}}, {hook::decode_value, {}}};
    for (auto& each : out.hooks)
        fresh(each.durations);
    return out;
}

partition_stats fill_partition(std::int32_t number, fresh_numbers& fresh)
{
    auto out = partition_stats{};
    out.topic = "orders";
    out.partition = number;
    fresh(out.records);
    fresh(out.bytes);
    fresh(out.position);
    fresh(out.committed);
    fresh(out.high_watermark);
    fresh(out.lag);
    fresh(out.lag_age);
    fresh(out.drain_time);
    fresh(out.hook_age);
    fresh(out.in_flight);
    fresh(out.collecting);
    fresh(out.prefetched);
    fresh(out.buffered_bytes);
    return out;
}

shard_stats fill_shard(std::int32_t number, fresh_numbers& fresh)
{
    auto out = shard_stats{};
    out.table = "counts";
    out.partition = number;
    fresh(out.restored);
    fresh(out.restored_fraction);
    fresh(out.restored_per_second);
    fresh(out.restore_left);
    fresh(out.entries);
    fresh(out.bytes);
    fresh(out.dirty_bytes);
    fresh(out.pending);
    fresh(out.next_offset);
    fresh(out.stored_offset);
    fresh(out.checkpoints);
    fresh(out.failed_checkpoints);
    return out;
}

store_memory fill_stores(fresh_numbers& fresh)
{
    auto out = store_memory{};
    fresh(out.cached);
    fresh(out.pinned);
    fresh(out.cache_limit);
    fresh(out.unwritten);
    fresh(out.unwritten_limit);
    return out;
}

// What is only true or false is true in one place each.
engine_stats fill_engine(fresh_numbers& fresh)
{
    auto out = engine_stats{};
    out.group_id = "billing";
    out.client_id = "one";
    fresh(out.records);
    fresh(out.bytes);
    fresh(out.skipped);
    fresh(out.retried);
    fresh(out.dead_letters);
    fresh(out.commits);
    fresh(out.failed_commits);
    out.last_commit = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - 1h;
    fresh(out.commit_durations);
    fresh(out.assignments);
    fresh(out.revocations);
    fresh(out.losses);
    fresh(out.client_errors);
    fresh(out.stray_records);
    fresh(out.missed_wakeups);
    fresh(out.slow_hooks);
    fresh(out.stuck_hooks);
    fresh(out.outliving_hook_age);
    out.away = true;
    fresh(out.buffered_bytes);
    fresh(out.memory_limit);
    fresh(out.step);
    fresh(out.step_passed);
    fresh(out.step_partitions);
    fresh(out.step_left);
    out.producer = fill_producer(fresh);
    out.topics = {fill_topic(fresh)};
    for (auto const number : {0, 1, 2})
        out.partitions.push_back(fill_partition(number, fresh));
    out.partitions[0].stuck = true;
    out.partitions[1].held = true;
    out.partitions[2].mode = handling_mode::bulk;
    out.shards = {fill_shard(0, fresh), fill_shard(1, fresh)};
    out.shards[1].restoring = true;
    out.stores = fill_stores(fresh);
    return out;
}

// All series but the buckets between the first and the last one of a histogram.
numbers shown(family_list& all)
{
    auto out = numbers{};
    for (auto const& [name, family] : test::parse_exposition(prometheus::TextSerializer{}.Serialize(all.take())))
        for (auto const& [series, value] : family.series)
            if (!series.starts_with(name + "_bucket") || series.find("le=\"0.0001\"") != series.npos)
                out.emplace(series, value);
    return out;
}

void expect(numbers& all, std::string const& name, std::string const& labels, double value)
{
    all.emplace(name + "{" + labels + "}", value);
}

void expect(numbers& all, std::string const& name, std::string const& labels, duration_histogram const& value)
{
    expect(all, name + "_count", labels, static_cast<double>(value.count));
    expect(all, name + "_sum", labels, value.seconds);
    expect(all, name + "_bucket", labels + R"(,le="0.0001")", static_cast<double>(value.counts.front()));
}

template <class T>
void expect(numbers& all, std::string const& name, std::string const& labels, T value)
{
    expect(all, name, labels, static_cast<double>(value));
}

double seconds(std::optional<std::chrono::milliseconds> const& value)
{
    return std::chrono::duration<double>{value.value()}.count();
}

// The exposition has fewer digits than a sum of measured times.
bool same(double found, double expected)
{
    return std::abs(found - expected) <= 1e-12 * std::abs(expected);
}

void compare(numbers const& found, numbers const& expected)
{
    for (auto const& [series, value] : expected)
        BOOST_TEST((found.contains(series) && same(found.at(series), value)),
                   series << " shows " << (found.contains(series) ? std::to_string(found.at(series)) : "nothing")
                          << ", expected " << value);
    for (auto const& [series, value] : found)
        BOOST_TEST(expected.contains(series), series << " shows " << value << ", and no test expects it");
}

labels const common{{"group", "billing"}, {"client_id", "one"}};
constexpr auto of_engine = R"(group="billing",client_id="one")";

} // namespace

BOOST_AUTO_TEST_SUITE(metrics_families)

BOOST_AUTO_TEST_CASE(of_an_engine)
{
    auto fresh = fresh_numbers{};
    auto const stats = fill_engine(fresh);
    auto all = family_list{};
    add_engine(all, common, stats);
    auto found = shown(all);
    auto expected = numbers{};
    auto const engine = [&](std::string const& name, auto value)
    { expect(expected, "paperboy_" + name, of_engine, value); };
    engine("records_total", stats.records);
    engine("bytes_total", stats.bytes);
    engine("assignments_total", stats.assignments);
    engine("revocations_total", stats.revocations);
    engine("lost_assignments_total", stats.losses);
    engine("client_errors_total", stats.client_errors);
    engine("stray_records_total", stats.stray_records);
    engine("slow_hooks_total", stats.slow_hooks);
    engine("dead_letters_total", stats.dead_letters);
    engine("missed_wakeups_total", stats.missed_wakeups);
    engine("producer_records_total", stats.producer.records);
    engine("producer_bytes_total", stats.producer.bytes);
    engine("producer_acknowledged_total", stats.producer.acknowledged);
    engine("producer_failed_total", stats.producer.failed);
    engine("producer_replacements_total", stats.producer.replacements);
    engine("producer_in_flight_records", stats.producer.in_flight);
    engine("producer_waiting_records", stats.producer.waiting);
    engine("producer_latency_seconds", stats.producer.latencies);
    engine("buffered_bytes", stats.buffered_bytes);
    engine("memory_limit_bytes", stats.memory_limit);
    engine("stuck_hooks", stats.stuck_hooks);
    engine("outliving_hook_running_seconds", seconds(stats.outliving_hook_age));
    engine("away", 1);
    engine("commit_duration_seconds", stats.commit_durations);
    engine("last_commit_timestamp_seconds",
           std::chrono::duration<double>{stats.last_commit.value().time_since_epoch()}.count());
    engine("step", stats.step.value());
    engine("step_partitions", stats.step_partitions);
    engine("step_passed_partitions", stats.step_passed);
    engine("step_left_records", stats.step_left);
    engine("store_cache_bytes", stats.stores.value().cached);
    engine("store_cache_pinned_bytes", stats.stores->pinned);
    engine("store_cache_limit_bytes", stats.stores->cache_limit);
    engine("store_memtable_bytes", stats.stores->unwritten);
    engine("store_memtable_limit_bytes", stats.stores->unwritten_limit);
    auto const result = std::string{of_engine} + ",result=";
    expect(expected, "paperboy_commits_total", result + "\"accepted\"", stats.commits);
    expect(expected, "paperboy_commits_total", result + "\"failed\"", stats.failed_commits);
    auto const age = found.extract(std::string{"paperboy_last_commit_age_seconds{"} + of_engine + "}");
    BOOST_TEST_REQUIRE(!age.empty());
    BOOST_TEST((age.mapped() >= 3600 && age.mapped() < 3660));
    compare(found, expected);
}

BOOST_AUTO_TEST_CASE(of_health)
{
    auto health = engine_health{};
    health.status = engine_status::stopping;
    health.partitions = 7;
    auto all = family_list{};
    add_health(all, common, health);
    auto expected = numbers{};
    for (auto const* const each : {"starting", "running", "stopping", "stopped", "failed"})
        expect(expected, "paperboy_status", std::string{of_engine} + ",status=\"" + each + "\"",
               std::string_view{each} == "stopping");
    expect(expected, "paperboy_ready", of_engine, 0);
    expect(expected, "paperboy_assigned_partitions", of_engine, 7);
    compare(shown(all), expected);
}

BOOST_AUTO_TEST_CASE(of_topics)
{
    auto fresh = fresh_numbers{};
    auto const stats = fill_engine(fresh);
    auto const& topic = stats.topics.front();
    auto all = family_list{};
    add_topics(all, common, stats);
    auto expected = numbers{};
    auto const of = std::string{of_engine} + R"(,topic="orders",)";
    expect(expected, "paperboy_hook_errors_total", of + R"(action="skip")", topic.skipped);
    expect(expected, "paperboy_hook_errors_total", of + R"(action="retry")", topic.retried);
    expect(expected, "paperboy_hook_errors_total", of + R"(action="dead_letter")", topic.dead_letters);
    expect(expected, "paperboy_hook_errors_total", of + R"(action="fail")", topic.failed);
    expect(expected, "paperboy_batch_duration_seconds", of + R"(mode="single")", topic.batches);
    expect(expected, "paperboy_batch_duration_seconds", of + R"(mode="bulk")", topic.bulks);
    expect(expected, "paperboy_hook_duration_seconds", of + R"(hook="on_message")", topic.hooks[0].durations);
    expect(expected, "paperboy_hook_duration_seconds", of + R"(hook="decode")", topic.hooks[1].durations);
    compare(shown(all), expected);
}

BOOST_AUTO_TEST_CASE(of_partitions)
{
    auto fresh = fresh_numbers{};
    auto const stats = fill_engine(fresh);
    auto all = family_list{};
    add_partitions(all, common, stats);
    auto expected = numbers{};
    for (auto const& each : stats.partitions)
    {
        auto const of =
            std::string{of_engine} + R"(,topic="orders",partition=")" + std::to_string(each.partition) + "\"";
        auto const partition = [&](std::string const& name, auto value)
        { expect(expected, "paperboy_" + name, of, value); };
        partition("partition_records_total", each.records);
        partition("partition_bytes_total", each.bytes);
        partition("lag_records", each.lag.value());
        partition("lag_seconds", seconds(each.lag_age));
        partition("position", each.position.value());
        partition("committed_offset", each.committed.value());
        partition("high_watermark", each.high_watermark.value());
        partition("drain_seconds", seconds(each.drain_time));
        partition("hook_running_seconds", seconds(each.hook_age));
        partition("in_flight_records", each.in_flight);
        partition("collecting_records", each.collecting);
        partition("prefetched_records", each.prefetched);
        partition("partition_buffered_bytes", each.buffered_bytes);
        partition("stuck", each.partition == 0);
        partition("held", each.partition == 1);
        partition("bulk_mode", each.partition == 2);
    }
    compare(shown(all), expected);
}

BOOST_AUTO_TEST_CASE(of_tables)
{
    auto fresh = fresh_numbers{};
    auto const stats = fill_engine(fresh);
    auto all = family_list{};
    add_shards(all, common, stats);
    auto expected = numbers{};
    for (auto const& each : stats.shards)
    {
        auto const of =
            std::string{of_engine} + R"(,table="counts",partition=")" + std::to_string(each.partition) + "\"";
        auto const shard = [&](std::string const& name, auto value)
        { expect(expected, "paperboy_table_" + name, of, value); };
        shard("restoring", each.partition == 1);
        shard("restored_records", each.restored);
        shard("restored_ratio", each.restored_fraction);
        shard("restore_records_per_second", each.restored_per_second);
        shard("restore_left_seconds", seconds(each.restore_left));
        shard("keys", each.entries);
        shard("bytes", each.bytes);
        shard("unstored_bytes", each.dirty_bytes);
        shard("unacknowledged_changes", each.pending);
        shard("changelog_offset", each.next_offset.value());
        shard("stored_offset", each.stored_offset.value());
        shard("checkpoints_total", each.checkpoints);
        shard("failed_checkpoints_total", each.failed_checkpoints);
    }
    compare(shown(all), expected);
}

BOOST_AUTO_TEST_CASE(under_the_names_of_other_exporters)
{
    auto fresh = fresh_numbers{};
    auto stats = fill_engine(fresh);
    auto options = metrics_options{};
    options.cluster_name = "west";
    auto all = family_list{};
    add_lag_exporter(all, stats, options);
    add_kminion(all, stats);
    auto expected = numbers{};
    auto sum = std::int64_t{0};
    for (auto const& each : stats.partitions)
    {
        auto const partition = R"(topic="orders",partition=")" + std::to_string(each.partition) + "\"";
        auto const of = R"(cluster_name="west",group="billing",)" + partition + R"(,client_id="one")";
        expect(expected, "kafka_consumergroup_group_lag", of, each.lag.value());
        expect(expected, "kafka_consumergroup_group_lag_seconds", of, seconds(each.lag_age));
        expect(expected, "kafka_consumergroup_group_offset", of, each.committed.value());
        expect(expected, "kafka_partition_latest_offset", R"(cluster_name="west",)" + partition,
               each.high_watermark.value());
        expect(expected, "kminion_kafka_consumer_group_topic_partition_lag",
               R"(group_id="billing",topic_name="orders",partition_id=")" + std::to_string(each.partition) + "\"",
               each.lag.value());
        sum += each.lag.value();
    }
    constexpr auto of_group = R"(cluster_name="west",group="billing")";
    expect(expected, "kafka_consumergroup_group_topic_sum_lag", std::string{of_group} + R"(,topic="orders")", sum);
    expect(expected, "kafka_consumergroup_group_sum_lag", of_group, sum);
    expect(expected, "kafka_consumergroup_group_max_lag", of_group, stats.partitions[2].lag.value());
    expect(expected, "kafka_consumergroup_group_max_lag_seconds", of_group, seconds(stats.partitions[2].lag_age));
    expect(expected, "kminion_kafka_consumer_group_topic_lag", R"(group_id="billing",topic_name="orders")", sum);
    compare(shown(all), expected);
}

BOOST_FIXTURE_TEST_CASE(of_registries, test::registry_fixture)
{
    auto answers = std::vector{test::a_schema(), test::unknown_id(), test::unknown_id()};
    for (auto const& [count, answer] :
         {std::pair{3UL, test::scripted_answer{429, ""}}, std::pair{4UL, test::scripted_answer{500, ""}},
          std::pair{5UL, test::a_schema().cut(20)}})
        answers.insert(answers.end(), count, answer);
    auto const attempts = static_cast<std::int32_t>(answers.size());
    auto server = test::scripted_server{test::in_turn(answers)};
    auto const registry = schema_registry{io, settings({server.url()})};
    for (auto id = 1; id <= attempts; ++id)
        static_cast<void>(get(registry, id));
    auto all = family_list{};
    auto const monitors = std::vector{registry_monitor{registry}};
    add_registries(all, common, monitors);
    auto expected = numbers{};
    for (auto const& [outcome, count] : {std::pair{"answered", 1}, std::pair{"refused", 2}, std::pair{"throttled", 3},
                                         std::pair{"server_error", 4}, std::pair{"unanswered", 5}})
        expect(expected, "paperboy_registry_requests_total", std::string{of_engine} + ",outcome=\"" + outcome + "\"",
               count);
    auto const durations = monitors.front().stats().durations;
    BOOST_TEST(durations.count == 10U);
    expect(expected, "paperboy_registry_request_duration_seconds", of_engine, durations);
    compare(shown(all), expected);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::metrics_detail::families_test

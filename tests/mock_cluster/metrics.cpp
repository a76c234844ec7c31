// The numbers for Prometheus.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"
#include "support/exposition.hpp"
#include "support/kept_store.hpp"

#include <paperboy/metrics.hpp>

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <future>
#include <span>
#include <stdexcept>

namespace paperboy::metrics_test
{
namespace
{

using test::exposed_family;
using test::mock_fixture;
using test::outcome_of_run;
using test::parse_exposition;

using families = std::map<std::string, exposed_family>;

double value_of(families const& all, std::string const& family, std::string const& labels)
{
    auto const found = all.find(family);
    BOOST_REQUIRE_MESSAGE(found != all.end(), "there is no " + family);
    auto const series = found->second.series.find(family + labels);
    BOOST_REQUIRE_MESSAGE(series != found->second.series.end(), "there is no " + family + labels);
    return series->second;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(metrics_suite, mock_fixture)

BOOST_AUTO_TEST_CASE(an_assigned_partition_has_series_and_a_revoked_one_has_none)
{
    produce(topic, 0, 5);
    auto blocked = test::watched<test::blocking_handler::state>{};
    auto consuming = engine{io.context(), settings()};
    auto const numbers = metrics{engine_monitor{consuming}, {.cluster_name = "test"}};
    consuming.handle(topic, test::blocking_handler{blocked, 2});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(blocked.wait_until([](auto const& state) { return state.inside; }));

    auto const all = parse_exposition(numbers.text());
    auto const group = settings().group_id;
    auto const common = "group=\"" + group + "\",client_id=\"paperboy\"";
    auto const of_partition = "{" + common + ",topic=\"" + topic + "\",partition=\"0\"}";
    BOOST_TEST(value_of(all, "paperboy_status", "{" + common + ",status=\"running\"}") == 1);
    BOOST_TEST(value_of(all, "paperboy_status", "{" + common + ",status=\"failed\"}") == 0);
    BOOST_TEST(value_of(all, "paperboy_assigned_partitions", "{" + common + "}") == partitions);
    BOOST_TEST(value_of(all, "paperboy_lag_records", of_partition) == 3);
    BOOST_TEST(value_of(all, "paperboy_position", of_partition) == 2);
    BOOST_TEST(value_of(all, "paperboy_high_watermark", of_partition) == 5);
    BOOST_TEST(value_of(all, "paperboy_lag_seconds", of_partition) >= 0);
    BOOST_TEST(value_of(all, "paperboy_memory_limit_bytes", "{" + common + "}") == 256.0 * 1024 * 1024);
    BOOST_TEST(value_of(all, "kafka_consumergroup_group_lag",
                        "{cluster_name=\"test\",group=\"" + group + "\",topic=\"" + topic +
                            "\",partition=\"0\",client_id=\"paperboy\"}") == 3);
    BOOST_TEST(value_of(all, "kminion_kafka_consumer_group_topic_partition_lag",
                        "{group_id=\"" + group + "\",topic_name=\"" + topic + "\",partition_id=\"0\"}") == 3);

    blocked.update([](auto& state) { state.open = true; });
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    auto const after = numbers.text();
    auto const rest = parse_exposition(after);
    BOOST_TEST((after.find("partition=\"") == std::string::npos), after);
    BOOST_TEST(!rest.contains("paperboy_lag_records"));
    BOOST_TEST(value_of(rest, "paperboy_records_total", "{" + common + "}") >= 3);
    BOOST_TEST(value_of(rest, "paperboy_commits_total", "{" + common + ",result=\"accepted\"}") >= 1);
    BOOST_TEST(rest.contains("paperboy_batch_duration_seconds"));
    BOOST_TEST(value_of(rest, "paperboy_status", "{" + common + ",status=\"stopped\"}") == 1);
}

BOOST_AUTO_TEST_CASE(hooks_are_timed_each_for_itself)
{
    struct handler
    {
        int define_context() { return 0; }
        void did_receive_message(record<std::string_view>& /*record*/) {}
        void on_message(record<std::string_view> const& record)
        {
            if (record.value() == "3")
                throw std::runtime_error{"not this one"};
        }
        error_action on_error(std::exception_ptr const& /*error*/) { return error_action::skip; }
    };
    struct waiting_handler
    {
        boost::asio::awaitable<void> on_message(record_view const& /*record*/) { co_return; }
        void on_bulk(std::span<record_view const> /*records*/) {}
        void on_finished_handling() {}
    };
    auto const other = make_topic(1);
    auto const overlapping = make_topic(1);
    produce(topic, 0, 5);
    produce(other, 0, 5);
    produce(overlapping, 0, 5);
    auto bulk = handler_options{};
    bulk.mode = mode_policy{};
    bulk.mode->mode = handling_mode::bulk;
    auto lanes = handler_options{};
    lanes.ordering = ordering::none;
    auto consuming = engine{io.context(), settings()};
    auto const numbers = metrics{engine_monitor{consuming}};
    consuming.handle(topic, text{}, handler{})
        .handle(other, waiting_handler{}, bulk)
        .handle(overlapping, waiting_handler{}, lanes);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(test::eventually([&] { return consuming.stats().records == 15; }));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});

    auto const all = parse_exposition(numbers.text());
    auto const seen = [&](std::string const& of, std::string const& which)
    {
        auto const labels = "{group=\"" + settings().group_id + "\",client_id=\"paperboy\",topic=\"" + of +
                            "\",hook=\"" + which + "\"}";
        auto const& series = all.at("paperboy_hook_duration_seconds").series;
        auto const found = series.find("paperboy_hook_duration_seconds_count" + labels);
        return found == series.end() ? 0.0 : found->second;
    };
    for (auto const* const each : {"define_context", "decode", "did_receive_message", "on_message"})
        BOOST_TEST((seen(topic, each) >= 1 && seen(topic, each) <= 5), each);
    BOOST_TEST(seen(topic, "on_error") == 1);
    BOOST_TEST(seen(topic, "on_finished_handling") == 0);
    BOOST_TEST(seen(other, "on_message") == 0);
    BOOST_TEST((seen(other, "on_bulk") >= 1 && seen(other, "on_bulk") <= 5));
    BOOST_TEST(seen(other, "on_bulk") == seen(other, "on_finished_handling"));
    BOOST_TEST((seen(overlapping, "on_message") >= 1 && seen(overlapping, "on_message") <= 5));
}

BOOST_AUTO_TEST_CASE(schema_registries_are_added_up_without_their_urls)
{
    auto const first = schema_registry{io.context(), std::string{"http://somebody:secret@127.0.0.1:1"}};
    auto const second = schema_registry{io.context(), std::string{"http://127.0.0.1:1"}};
    auto const watched = engine{io.context(), settings()};
    auto const numbers =
        metrics{engine_monitor{watched}, {.registries = {registry_monitor{first}, registry_monitor{second}}}};
    auto const text = numbers.text();
    auto const common = "group=\"" + settings().group_id + "\",client_id=\"paperboy\"";
    for (auto const* const each : {"answered", "refused", "throttled", "server_error", "unanswered"})
        BOOST_TEST(value_of(parse_exposition(text), "paperboy_registry_requests_total",
                            "{" + common + ",outcome=\"" + each + "\"}") == 0);
    BOOST_TEST((text.find("127.0.0.1") == std::string::npos), text);
}

BOOST_AUTO_TEST_CASE(the_shards_of_tables_have_series)
{
    auto having = table_options{};
    having.changelog = make_topic(partitions);
    cluster.produce(topic, {.key = "a", .value = "b", .partition = 2});
    cluster.flush();
    auto consuming = engine{io.context(), settings()};
    auto const numbers = metrics{engine_monitor{consuming}};
    auto const last = consuming.make_table<std::string, std::string>("last", memory_store{}, having, text{}, text{});
    consuming.handle(topic, test::setting_handler{last});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(test::eventually([&] { return watcher->seen.get().committed()[{topic, 2}] == 1; }));
    auto const all = parse_exposition(numbers.text());
    auto const shard = "{group=\"" + settings().group_id + "\",client_id=\"paperboy\",table=\"last\",partition=\"2\"}";
    BOOST_TEST(value_of(all, "paperboy_table_restoring", shard) == 0);
    BOOST_TEST(value_of(all, "paperboy_table_restored_ratio", shard) == 1);
    BOOST_TEST(value_of(all, "paperboy_table_restored_records", shard) == 0);
    BOOST_TEST(value_of(all, "paperboy_table_keys", shard) == 1);
    BOOST_TEST(value_of(all, "paperboy_table_bytes", shard) > 0);
    auto const common = "{group=\"" + settings().group_id + "\",client_id=\"paperboy\"}";
    auto const& latencies = all.at("paperboy_producer_latency_seconds").series;
    BOOST_TEST(latencies.at("paperboy_producer_latency_seconds_count" + common) == 1);
    BOOST_TEST(!all.contains("paperboy_store_cache_bytes"));
    BOOST_TEST(!all.contains("paperboy_table_stored_offset"));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST(!parse_exposition(numbers.text()).contains("paperboy_table_keys"));
}

// Alerts would be green for as long as the restore takes.
BOOST_AUTO_TEST_CASE(sums_of_lag_are_left_out_while_a_part_of_them_is_not_known)
{
    auto const stores = std::make_shared<test::kept_stores>();
    auto gate = std::promise<void>{};
    stores->change("last", 2, [&](auto& kept) { kept.gate = gate.get_future().share(); });
    auto having = table_options{};
    having.changelog = make_topic(partitions);
    for (auto partition = 0; partition < partitions; ++partition)
        produce(topic, partition, 5);
    auto consuming = engine{io.context(), settings()};
    auto const numbers = metrics{engine_monitor{consuming}};
    auto const last = consuming.make_table<std::string, std::string>("last", stores, having, text{}, text{});
    consuming.handle(topic, test::setting_handler{last});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(test::eventually([&] { return consuming.stats().records == 5 * (partitions - 1); }), log);
    auto const with_gate = parse_exposition(numbers.text());
    BOOST_TEST(with_gate.at("kafka_consumergroup_group_lag").series.size() == partitions - 1U);
    for (auto const* const each : {"kafka_consumergroup_group_topic_sum_lag", "kafka_consumergroup_group_sum_lag",
                                   "kafka_consumergroup_group_max_lag", "kafka_consumergroup_group_max_lag_seconds",
                                   "kminion_kafka_consumer_group_topic_lag"})
        BOOST_TEST(!with_gate.contains(each), each);
    gate.set_value();
    BOOST_TEST(test::eventually([&] { return consuming.stats().records == 5 * partitions; }), log);
    auto const whole = parse_exposition(numbers.text());
    auto const group = "{group=\"" + settings().group_id + "\"}";
    BOOST_TEST(value_of(whole, "kafka_consumergroup_group_sum_lag", group) == 0);
    BOOST_TEST(value_of(whole, "kafka_consumergroup_group_max_lag", group) == 0);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
}

// As one that was read to its end before, and gets nothing for a week.
BOOST_AUTO_TEST_CASE(partitions_without_anything_to_read_have_no_lag)
{
    produce(topic, 1, 5);
    auto blocked = test::watched<test::blocking_handler::state>{};
    auto consuming = engine{io.context(), settings()};
    auto const numbers = metrics{engine_monitor{consuming}};
    consuming.handle(topic, test::blocking_handler{blocked, 2});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(blocked.wait_until([](auto const& state) { return state.inside; }));
    BOOST_TEST(test::eventually(
                   [&]
                   {
                       return std::ranges::all_of(consuming.stats().partitions,
                                                  [](auto const& each) { return each.lag.has_value(); });
                   }),
               log);
    auto const all = parse_exposition(numbers.text());
    auto const group = "{group=\"" + settings().group_id + "\"}";
    BOOST_TEST(value_of(all, "kafka_consumergroup_group_sum_lag", group) == 3);
    BOOST_TEST(value_of(all, "kafka_consumergroup_group_max_lag", group) == 3);
    blocked.update([](auto& state) { state.open = true; });
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(names_of_other_exporters_can_be_left_out_and_odd_groups_are_escaped)
{
    auto odd = settings();
    odd.group_id = "a \"group\" with \\ and\nlines";
    auto consuming = std::make_unique<engine>(io.context(), odd);
    auto const numbers = metrics{engine_monitor{*consuming}, {.lag_exporter_names = false, .kminion_names = false}};
    auto const all = parse_exposition(numbers.text());
    BOOST_TEST(std::ranges::all_of(all, [](auto const& each) { return each.first.starts_with("paperboy_"); }));
    BOOST_TEST(value_of(all, "paperboy_ready", R"({group="a \"group\" with \\ and\nlines",client_id="paperboy"})") ==
               0);
    consuming.reset();
    BOOST_TEST(parse_exposition(numbers.text()).contains("paperboy_status"));
}

BOOST_AUTO_TEST_CASE(the_parser_of_these_tests_finds_faults)
{
    auto const good = std::string{"# HELP a_total Help.\n# TYPE a_total counter\na_total{b=\"c\"} 1\n"};
    BOOST_TEST(parse_exposition(good).at("a_total").series.at("a_total{b=\"c\"}") == 1);
    for (auto const& bad : {std::string{"a 1\n"}, good + "a_total{b=\"c\"} 2\n", good + "b_total 1\n",
                            std::string{"# HELP a Help.\n# TYPE a counter\na 1\n"}, good + "# HELP a_total Again.\n",
                            std::string{"# HELP a_total Help.\n# TYPE a_total counter\na_total -1\n"}, good + "x",
                            std::string{"# HELP a_total Help.\n# TYPE a_total counter\na_total{B=\"c\",} 1\n"}})
        BOOST_CHECK_THROW(static_cast<void>(parse_exposition(bad)), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::metrics_test

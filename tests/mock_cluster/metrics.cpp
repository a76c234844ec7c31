// The numbers for Prometheus.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"
#include "support/exposition.hpp"

#include <paperboy/metrics.hpp>

#include <algorithm>

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
    BOOST_TEST(!all.contains("paperboy_table_stored_offset"));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST(!parse_exposition(numbers.text()).contains("paperboy_table_keys"));
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
        BOOST_CHECK_THROW(parse_exposition(bad), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::metrics_test

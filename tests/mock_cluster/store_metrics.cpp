// What is told to Prometheus of tables that RocksDB keeps.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"
#include "support/exposition.hpp"
#include "support/table_folder.hpp"

#include <paperboy/metrics.hpp>
#include <paperboy/rocksdb_store.hpp>

namespace paperboy::store_metrics_test
{
namespace
{

using namespace std::chrono_literals;
using test::mock_fixture;
using test::outcome_of_run;

constexpr auto mebibyte = std::size_t{1} << 20U;

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_metrics_suite, mock_fixture)

// A checkpoint that becomes a file at once brings the file's index and filter into the cache.
BOOST_AUTO_TEST_CASE(the_memory_of_rocksdb_is_told)
{
    auto const folder = test::table_folder{};
    auto const stores = open_rocksdb(
        folder.path(), {.block_cache_bytes = 8 * mebibyte, .write_buffer_bytes = 4 * mebibyte, .ingest_bytes = 0});
    auto having = table_options{};
    having.changelog = make_topic(partitions);
    having.checkpoint_interval = 10ms;
    produce(topic, 2, 5);
    auto consuming = engine{io.context(), settings()};
    auto const numbers = metrics{engine_monitor{consuming}};
    auto const last = consuming.make_table<std::string, std::string>("last", stores, having, text{}, text{});
    consuming.handle(topic, test::setting_handler{last});
    auto const told = [&](std::string const& family)
    {
        auto const all = test::parse_exposition(numbers.text());
        return all.at(family).series.at(family + "{group=\"" + settings().group_id + "\",client_id=\"paperboy\"}");
    };
    BOOST_TEST(told("paperboy_store_cache_limit_bytes") == 8 * mebibyte);
    BOOST_TEST(told("paperboy_store_memtable_limit_bytes") == 4 * mebibyte);
    auto const before = told("paperboy_store_cache_bytes");
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(test::eventually([&] { return told("paperboy_store_cache_bytes") > before; }), log);
    BOOST_TEST(told("paperboy_store_cache_bytes") > 0);
    BOOST_TEST(told("paperboy_store_memtable_bytes") > 0);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::store_metrics_test

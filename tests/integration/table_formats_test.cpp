// A changelog that Python wrote becomes a table of the same values, and a table's changelog is the same to Python.

#include "support/broker_engine.hpp"
#include "support/broker_process.hpp"
#include "support/broker_producer.hpp"
#include "support/manual_watched.hpp"

#include <paperboy/msgpack_json.hpp>

#include <boost/test/unit_test.hpp>

#include <utility>
#include <vector>

namespace paperboy::test::table_formats_test
{
namespace
{

using namespace std::chrono_literals;

using any = nlohmann::json;
using any_table = table<any, any>;
using entries = std::vector<std::pair<any, any>>;

child_process peer(std::string const& command, std::string const& changelog)
{
    return child_process{
        {environment("PAPERBOY_TEST_PYTHON"), PAPERBOY_TABLE_PEER, command, bootstrap_servers(), changelog}};
}

// Copies one table into another whenever a record comes.
struct copying_handler
{
    any_table from;
    any_table to;
    watched<std::vector<entries>>& copied;

    void on_message(record_view const& record)
    {
        auto all = entries{};
        from.shard(record).walk([&](any const& key, any const& value) { all.emplace_back(key, value); });
        for (auto const& [key, value] : all)
            to.shard(record).set(key, value);
        copied.update([&](auto& seen) { seen.push_back(std::move(all)); });
    }
};

any value_of(entries const& all, any const& key)
{
    for (auto const& [each, value] : all)
        if (each == key)
            return value;
    return "no such key";
}

} // namespace

BOOST_AUTO_TEST_CASE(a_changelog_of_pythons_becomes_a_table_and_is_written_back)
{
    auto admin = cluster{};
    auto const input = admin.make_topic("table-formats", 1);
    auto const seed = unique_name("seed");
    admin.create_topic(seed + "_changelog", 1, {{"cleanup.policy", "compact"}});
    auto writer = peer("write", seed + "_changelog");
    auto const count = std::stoul(writer.line().value_or("0"));
    BOOST_TEST_REQUIRE(writer.wait() == 0);
    auto sender = producer{};
    sender.send(input, {.value = "go"});
    sender.flush();

    auto copied = watched<std::vector<entries>>{};
    {
        auto engine = running_engine{"engine", test_config(unique_name("table-formats")), [&](auto& e)
                                     {
                                         auto const from = e.template make_table<any, any>(seed);
                                         auto const to = e.template make_table<any, any>(seed + "-back");
                                         e.handle(input, copying_handler{from, to, copied});
                                     }};
        BOOST_TEST_REQUIRE(copied.wait_until([](auto const& seen) { return !seen.empty(); }));
        BOOST_TEST(!engine.stop());
    }
    auto const all = copied.get().front();
    BOOST_TEST(all.size() == count);
    BOOST_TEST(value_of(all, "text") == "für 5 €");
    BOOST_TEST(value_of(all, "integer") == 42);
    BOOST_TEST(value_of(all, "float") == 1.5);
    BOOST_TEST(value_of(all, "bytes") == any::binary({0x00, 0xff}));
    BOOST_TEST(value_of(all, "dict") == any::parse(R"({"count":3,"last":{"page":"/","seconds":[1,2.5]}})"));
    BOOST_TEST(value_of(all, "again") == "after a tombstone");
    BOOST_TEST(value_of(all, 7) == "seven");
    BOOST_TEST(value_of(all, any::binary({0x01})) == "key of bytes");
    BOOST_TEST(value_of(all, "gone") == "no such key");

    auto reader = peer("read", seed + "-back_changelog");
    BOOST_TEST(reader.line().value_or("") == "equal");
    BOOST_TEST(reader.wait() == 0);
}

} // namespace paperboy::test::table_formats_test

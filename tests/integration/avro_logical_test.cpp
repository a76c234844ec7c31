// Logical types, fixed and recursive ones, between Python and us in both directions. Python writes and reads the bytes
// of durations and the counts of nanoseconds as they are; it knows fixed decimals.

#include "avro_peer.hpp"
#include "support/broker_engine.hpp"
#include "support/broker_producer.hpp"

#include <paperboy/avro_datum.hpp>

#include <boost/describe/class.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <array>

namespace shop
{

struct node
{
    std::string name;
    std::vector<node> below;
};
BOOST_DESCRIBE_STRUCT(node, (), (name, below))

struct ledger
{
    paperboy::avro_duration period;
    std::chrono::sys_time<std::chrono::nanoseconds> nanos;
    std::chrono::sys_time<std::chrono::milliseconds> local_millis;
    std::chrono::sys_time<std::chrono::microseconds> local_micros;
    paperboy::avro_decimal price;
    paperboy::avro_decimal total;
    boost::uuids::uuid key{};
    std::array<std::byte, 3> tag{};
    std::vector<std::byte> blob;
    node root;
};
BOOST_DESCRIBE_STRUCT(ledger, (), (period, nanos, local_millis, local_micros, price, total, key, tag, blob, root))

} // namespace shop

namespace paperboy::test::avro_logical_test
{
namespace
{

using namespace std::chrono_literals;

constexpr char const* ledger_schema = R"({"type":"record","name":"ledger","namespace":"shop","fields":[
    {"name":"period","type":{"type":"fixed","name":"period","size":12,"logicalType":"duration"}},
    {"name":"nanos","type":{"type":"long","logicalType":"timestamp-nanos"}},
    {"name":"local_millis","type":{"type":"long","logicalType":"local-timestamp-millis"}},
    {"name":"local_micros","type":{"type":"long","logicalType":"local-timestamp-micros"}},
    {"name":"price","type":{"type":"fixed","name":"price","size":8,"logicalType":"decimal","precision":12,"scale":3}},
    {"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":30,"scale":2}},
    {"name":"key","type":{"type":"fixed","name":"key","size":16,"logicalType":"uuid"}},
    {"name":"tag","type":{"type":"fixed","name":"tag","size":3}},
    {"name":"blob","type":"bytes"},
    {"name":"root","type":{"type":"record","name":"node","fields":[
        {"name":"name","type":"string"},{"name":"below","type":{"type":"array","items":"node"}}]}}]})";

void check(shop::ledger const& found)
{
    BOOST_TEST((found.period == avro_duration{1, 2, 4'000'000'000}));
    BOOST_TEST((found.nanos.time_since_epoch() == 1'709'208'000'123'456'789ns));
    BOOST_TEST((found.local_millis.time_since_epoch() == 1'709'208'000'123ms));
    BOOST_TEST((found.local_micros.time_since_epoch() == 1'709'208'000'123'456us));
    BOOST_TEST(found.price.to_string() == "-1.005");
    BOOST_TEST(found.total.to_string() == "1234567890123456789012345678.90");
    BOOST_TEST(to_string(found.key) == "12345678-1234-5678-1234-567812345678");
    BOOST_TEST((found.tag == std::array{std::byte{0}, std::byte{0x7f}, std::byte{0xff}}));
    BOOST_TEST((found.blob == std::vector{std::byte{0xfe}, std::byte{0}}));
    BOOST_TEST(found.root.name == "a");
    BOOST_TEST_REQUIRE(found.root.below.size() == 2U);
    BOOST_TEST(found.root.below[0].name == "b");
    BOOST_TEST_REQUIRE(found.root.below[1].below.size() == 1U);
    BOOST_TEST(found.root.below[1].below[0].name == "d");
}

} // namespace

BOOST_AUTO_TEST_SUITE(avro_logical_suite)

BOOST_AUTO_TEST_CASE(logical_types_come_from_python_and_go_back_to_it_unchanged)
{
    auto const topic = cluster{}.make_topic("avro", 1);
    BOOST_TEST_REQUIRE(peer({"write-ledger", topic, ledger_schema}).wait(60s) == 0);
    auto const seen = consume<shop::ledger>(topic, 1);
    BOOST_TEST(seen.errors.empty(), seen.errors.front());
    BOOST_TEST_REQUIRE(seen.values.size() == 1U);
    check(seen.values.front());

    auto const back = cluster{}.make_topic("avro", 1);
    auto options = avro_options{};
    options.schema = ledger_schema;
    auto const ours = writing<shop::ledger>{back, options};
    auto sender = producer{};
    sender.send(back, {.value = ours.encoded(seen.values.front())});
    sender.flush();
    BOOST_TEST(peer({"check-ledger", back}).wait(60s) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::avro_logical_test

// Avro through a real broker and a real registry: ours, and what Python's confluent-kafka writes and reads.

#include "avro_peer.hpp"
#include "registry_control.hpp"
#include "support/broker_engine.hpp"
#include "support/broker_producer.hpp"
#include "support/manual_watched.hpp"

#include <paperboy/avro.hpp>
#include <paperboy/avro_datum.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/test/unit_test.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <map>

namespace shop
{

enum class state
{
    open,
    paid,
};
BOOST_DESCRIBE_ENUM(state, open, paid)

struct line
{
    std::string sku;
    int count = 0;
};
BOOST_DESCRIBE_STRUCT(line, (), (sku, count))

// What the peer's first schema lacks is optional here.
struct order
{
    std::int64_t id = 0;
    std::string item;
    std::optional<std::string> note;
    std::optional<std::vector<line>> lines;
    std::optional<std::map<std::string, double>> prices;
    std::optional<shop::state> state;
    std::optional<std::variant<std::monostate, std::int64_t, std::string, line>> extra;
    std::optional<std::chrono::sys_time<std::chrono::milliseconds>> at_millis;
    std::optional<std::chrono::sys_time<std::chrono::microseconds>> at_micros;
    std::optional<std::chrono::sys_days> day;
    std::optional<std::chrono::milliseconds> time_millis;
    std::optional<std::chrono::microseconds> time_micros;
    std::optional<boost::uuids::uuid> key;
    std::optional<paperboy::avro_decimal> total;
    std::optional<std::array<std::byte, 4>> hash;
};
BOOST_DESCRIBE_STRUCT(order, (),
                      (id, item, note, lines, prices, state, extra, at_millis, at_micros, day, time_millis, time_micros,
                       key, total, hash))

// All of what Python prints as it is.
struct parcel
{
    std::int64_t id = 0;
    std::optional<std::string> note;
    std::vector<line> lines;
    std::map<std::string, double> prices;
    shop::state state = shop::state::paid;
    std::variant<std::monostate, std::int64_t, std::string> extra;
    std::chrono::sys_time<std::chrono::milliseconds> at;
    std::chrono::sys_days day;
    std::chrono::microseconds time{};
    boost::uuids::uuid key{};
};
BOOST_DESCRIBE_STRUCT(parcel, (), (id, note, lines, prices, state, extra, at, day, time, key))

} // namespace shop

namespace paperboy::test::avro_test
{
namespace
{

using namespace std::chrono_literals;

struct printing
{
    watched<std::vector<std::string>>& seen;

    void on_message(record<avro_datum> const& record)
    {
        seen.update([&](auto& all) { all.push_back(record.value().to_json()); });
    }
};

shop::parcel a_parcel()
{
    auto out = shop::parcel{};
    out.id = -3;
    out.note = "quick";
    out.lines = {{"a", 1}, {"b", -2}};
    out.prices = {{"eur", 1.5}};
    out.extra = "text";
    out.at += 1709208000123ms;
    out.day += std::chrono::days{19782};
    out.time = 1us;
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(avro_suite)

BOOST_AUTO_TEST_CASE(what_python_writes_is_read)
{
    auto const topic = cluster{}.make_topic("avro", 1);
    BOOST_TEST_REQUIRE(peer({"write", topic}).wait(60s) == 0);
    auto const seen = consume<shop::order>(topic, 4);
    BOOST_TEST(seen.errors.empty(), seen.errors.front());
    BOOST_TEST_REQUIRE(seen.values.size() == 4U);

    auto const& old = seen.values[0];
    BOOST_TEST(old.id == 7);
    BOOST_TEST(old.item == "old");
    BOOST_TEST(!old.note);
    BOOST_TEST(!old.lines);
    BOOST_TEST(!old.total);

    auto const& full = seen.values[1];
    BOOST_TEST(full.id == std::int64_t{1} << 40);
    BOOST_TEST(full.item == "new");
    BOOST_TEST((full.note == "quick"));
    BOOST_TEST_REQUIRE(full.lines->size() == 2U);
    BOOST_TEST(full.lines->at(1).sku == "b");
    BOOST_TEST(full.lines->at(1).count == -2);
    BOOST_TEST(full.prices->at("usd") == 2.25);
    BOOST_TEST((full.state == shop::state::paid));
    BOOST_TEST(std::get<shop::line>(*full.extra).sku == "c");
    BOOST_TEST((full.at_millis->time_since_epoch() == 1709208000123ms));
    BOOST_TEST((full.at_micros->time_since_epoch() == -1us));
    BOOST_TEST((full.day->time_since_epoch() == std::chrono::days{19782}));
    BOOST_TEST((full.time_millis == 24h - 1ms));
    BOOST_TEST((full.time_micros == 1us));
    BOOST_TEST(to_string(*full.key) == "12345678-1234-5678-1234-567812345678");
    BOOST_TEST(full.total->to_string() == "-1234.56");
    BOOST_TEST((full.hash->at(2) == std::byte{0xfe}));

    auto const& other = seen.values[2];
    BOOST_TEST(!other.note);
    BOOST_TEST(other.lines->empty());
    BOOST_TEST((other.state == shop::state::open));
    BOOST_TEST(std::get<std::int64_t>(*other.extra) == 5);
    BOOST_TEST(std::get<std::string>(*seen.values[3].extra) == "text");
}

BOOST_AUTO_TEST_CASE(what_python_writes_is_printed_without_a_type)
{
    auto const topic = cluster{}.make_topic("avro", 1);
    BOOST_TEST_REQUIRE(peer({"write", topic}).wait(60s) == 0);
    auto seen = watched<std::vector<std::string>>{};
    auto const set_up = [&](engine& e)
    {
        auto const registry = schema_registry{e.get_executor(), environment("PAPERBOY_TEST_REGISTRY")};
        e.handle(topic, avro<avro_datum>{registry}, printing{seen});
    };
    auto running = running_engine{"engine", test_config(unique_name("avro")), set_up};
    BOOST_TEST(seen.wait_until([](auto const& all) { return all.size() == 4; }));
    BOOST_TEST(!running.stop());
    auto const lines = seen.get();
    BOOST_TEST(lines[0] == R"({"id":7,"gone":{"k":[null,1.5]},"item":"old"})");
    BOOST_TEST(lines[1] ==
               R"({"item":"new","id":1099511627776,"note":"quick","lines":[{"sku":"a","count":1},)"
               R"({"sku":"b","count":-2}],"prices":{"eur":1.5,"usd":2.25},"state":"paid",)"
               R"("extra":{"sku":"c","count":3},"at_millis":"2024-02-29T12:00:00.123Z",)"
               R"("at_micros":"1969-12-31T23:59:59.999999Z","day":"2024-02-29","time_millis":"23:59:59.999",)"
               R"("time_micros":"00:00:00.000001","key":"12345678-1234-5678-1234-567812345678","total":"-1234.56",)"
               R"("hash":"\u0000\u0001þÿ"})");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_by_python)
{
    auto const topic = cluster{}.make_topic("avro", 1);
    auto const ours = writing<shop::parcel>{topic};
    auto sender = producer{};
    sender.send(topic, {.value = ours.encoded(a_parcel())});
    sender.send(topic, {.value = ours.encoded(shop::parcel{})});
    sender.flush();
    auto reader = peer({"read", topic, "2"});
    BOOST_TEST(reader.line(60s).value_or("") ==
               R"({"at": "2024-02-29 12:00:00.123000+00:00", "day": "2024-02-29", "extra": "text", "id": -3, )"
               R"("key": "00000000-0000-0000-0000-000000000000", "lines": [{"count": 1, "sku": "a"}, )"
               R"({"count": -2, "sku": "b"}], "note": "quick", "prices": {"eur": 1.5}, "state": "paid", )"
               R"("time": "00:00:00.000001"})");
    BOOST_TEST(reader.line().value_or("") ==
               R"({"at": "1970-01-01 00:00:00+00:00", "day": "1970-01-01", "extra": null, "id": 0, )"
               R"("key": "00000000-0000-0000-0000-000000000000", "lines": [], "note": null, "prices": {}, )"
               R"("state": "paid", "time": "00:00:00"})");
    BOOST_TEST(reader.wait() == 0);
}

BOOST_AUTO_TEST_CASE(bad_records_are_skipped_and_say_why)
{
    auto const topic = cluster{}.make_topic("avro", 1);
    auto const ours = writing<shop::parcel>{topic};
    auto const good = ours.encoded(a_parcel());
    auto sender = producer{};
    sender.send(topic, {.value = good});
    sender.send(topic, {.value = "\1" + good.substr(1)});
    sender.send(topic, {.value = "abc"});
    sender.send(topic, {.value = std::string{"\0\7\7\7\7", 5} + good.substr(5)});
    sender.send(topic, {.value = good.substr(0, good.size() - 3)});
    sender.send(topic, {.value = good});
    sender.flush();
    auto const seen = consume<shop::parcel>(topic, 6);
    BOOST_TEST(seen.values.size() == 2U);
    BOOST_TEST_REQUIRE(seen.errors.size() == 4U);
    BOOST_TEST(seen.errors[0].find("magic byte 0") != std::string::npos, seen.errors[0]);
    BOOST_TEST(seen.errors[1].find("found 3 bytes") != std::string::npos, seen.errors[1]);
    BOOST_TEST(seen.errors[2].find("schema id 117901063") != std::string::npos, seen.errors[2]);
    BOOST_TEST(seen.errors[2].find("answered 404") != std::string::npos, seen.errors[2]);
    BOOST_TEST(seen.errors[3].find("bytes are left") != std::string::npos, seen.errors[3]);
}

BOOST_AUTO_TEST_CASE(while_the_registry_is_dead_only_the_partition_that_needs_it_waits)
{
    auto const topic = cluster{}.make_topic("avro", 2);
    auto const known = writing<shop::parcel>{topic}.encoded(a_parcel());
    auto const late = writing<shop::line>{topic}.encoded({"late", 1});
    auto seen = watched<std::vector<std::string>>{};
    auto const set_up = [&](engine& e)
    {
        auto const registry = schema_registry{e.get_executor(), patient_settings()};
        e.handle(topic, avro<avro_datum>{registry}, printing{seen});
    };
    auto running = running_engine{"engine", test_config(unique_name("avro")), set_up};
    auto sender = producer{};
    auto const send = [&](int partition, std::string const& value)
    { sender.send(topic, {.partition = partition, .value = value}); };
    auto const is_late = [](std::string const& line) { return line.find("late") != std::string::npos; };

    send(0, known);
    send(1, known);
    sender.flush();
    BOOST_TEST(seen.wait_until([](auto const& all) { return all.size() == 2; }));
    kill_registry();
    send(0, late);
    send(0, known);
    for (auto i = 0; i < 3; ++i)
        send(1, known);
    sender.flush();
    BOOST_TEST(seen.wait_until([](auto const& all) { return all.size() == 5; }));
    BOOST_TEST(std::ranges::none_of(seen.get(), is_late));
    registry_tool("start");
    BOOST_TEST(seen.wait_until([](auto const& all) { return all.size() == 7; }));
    BOOST_TEST(is_late(seen.get().at(5)));
    BOOST_TEST(!running.stop());
    BOOST_TEST(running->stats().skipped == 0U);
}

BOOST_AUTO_TEST_CASE(an_engine_that_starts_while_the_registry_is_dead_waits_for_it)
{
    auto const topic = cluster{}.make_topic("avro", 1);
    auto sender = producer{};
    sender.send(topic, {.value = writing<shop::parcel>{topic}.encoded(a_parcel())});
    sender.flush();
    kill_registry();
    auto seen = watched<std::vector<std::string>>{};
    auto const set_up = [&](engine& e)
    {
        auto const registry = schema_registry{e.get_executor(), patient_settings()};
        e.handle(topic, avro<avro_datum>{registry}, printing{seen});
    };
    auto running = running_engine{"engine", test_config(unique_name("avro")), set_up};
    auto const has_it = [](partition_stats const& each) { return each.in_flight == 1; };
    BOOST_TEST(eventually([&] { return std::ranges::any_of(running->stats().partitions, has_it); }));
    BOOST_TEST(seen.get().empty());
    registry_tool("start");
    BOOST_TEST(seen.wait_until([](auto const& all) { return all.size() == 1; }));
    BOOST_TEST(!running.stop());
    BOOST_TEST(running->stats().skipped == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::avro_test

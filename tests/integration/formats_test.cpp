// JSON and MessagePack through a real broker: what Python's own modules write is read, and the other way round.

#include "support/broker_engine.hpp"
#include "support/broker_process.hpp"
#include "support/broker_producer.hpp"
#include "support/manual_watched.hpp"

#include <paperboy/json.hpp>
#include <paperboy/msgpack.hpp>
#include <paperboy/msgpack_json.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <span>

namespace formats
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

struct order
{
    std::int64_t id = 0;
    std::string item;
    std::optional<std::string> note;
    std::vector<line> lines;
    std::map<std::string, double> prices;
    formats::state state = formats::state::open;
    std::variant<std::monostate, std::int64_t, std::string, line> extra;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, item, note, lines, prices, state, extra))

} // namespace formats

namespace paperboy::test::formats_test
{
namespace
{

using namespace std::chrono_literals;
using any_value = nlohmann::ordered_json;

child_process format_peer(std::string const& command, std::vector<std::string> const& more)
{
    auto all = std::vector<std::string>{environment("PAPERBOY_TEST_PYTHON"), PAPERBOY_SERDE_PEER, command,
                                        bootstrap_servers()};
    all.insert(all.end(), more.begin(), more.end());
    return child_process{all};
}

// Has Python write, and says how many records.
std::size_t written_by_python(std::string const& topic, std::string const& form)
{
    auto writer = format_peer("write", {topic, form});
    auto const count = writer.line(60s).value_or("0");
    BOOST_TEST_REQUIRE(writer.wait(60s) == 0);
    return std::stoul(count);
}

struct findings
{
    std::size_t records = 0;
    std::vector<formats::order> orders;
    std::vector<std::string> wrong;
};

// The first record is the order.
struct order_handler
{
    watched<findings>& seen;

    void on_message(record<formats::order> const& record)
    {
        seen.update(
            [&](auto& all)
            {
                ++all.records;
                all.orders.push_back(record.value());
            });
    }
    error_action on_error(std::exception_ptr const&)
    {
        seen.update([](auto& all) { ++all.records; });
        return error_action::skip;
    }
};

bool same(std::string const& text, bytes_view data)
{
    return std::ranges::equal(std::as_bytes(std::span{text}), data);
}

// Keys and values of any kind: written again, they are the same bytes.
struct again_handler
{
    watched<findings>& seen;

    void on_message(record<any_value, any_value> const& record)
    {
        auto key = std::string{};
        auto value = std::string{};
        msgpack<any_value>{}.encode(*record.key(), key);
        msgpack<any_value>{}.encode(record.value(), value);
        seen.update(
            [&](auto& all)
            {
                ++all.records;
                if (!same(key, record.key_bytes()) || !same(value, record.value_bytes()))
                    all.wrong.push_back("other bytes at offset " + std::to_string(record.offset()));
            });
    }
    error_action on_error(std::exception_ptr const& error)
    {
        seen.update(
            [&](auto& all)
            {
                ++all.records;
                all.wrong.push_back(describe(error));
            });
        return error_action::skip;
    }
};

template <class Handle>
findings consume_all(std::size_t count, Handle const& handle)
{
    auto seen = watched<findings>{};
    auto running = running_engine{"engine", test_config(unique_name("formats")), [&](engine& e) { handle(e, seen); }};
    BOOST_TEST(seen.wait_until([&](auto const& all) { return all.records >= count; }));
    BOOST_TEST(!running.stop());
    return seen.get();
}

void check_order(std::vector<formats::order> const& found)
{
    BOOST_TEST_REQUIRE(found.size() == 1U);
    auto const& order = found.front();
    BOOST_TEST(order.id == std::int64_t{1} << 40);
    BOOST_TEST(order.item == "a \"thing\" für 5 €");
    BOOST_TEST(!order.note);
    BOOST_TEST_REQUIRE(order.lines.size() == 2U);
    BOOST_TEST(order.lines[1].sku == "b");
    BOOST_TEST(order.lines[1].count == -2);
    BOOST_TEST(order.prices.at("usd") == 2.25);
    BOOST_TEST((order.state == formats::state::paid));
    BOOST_TEST(std::get<formats::line>(order.extra).count == 3);
}

formats::order an_order()
{
    auto out = formats::order{};
    out.id = -3;
    out.item = "it's für 5 €";
    out.note = "n";
    out.lines = {{"a", 1}, {"b", -200}};
    out.prices = {{"eur", 1.5}};
    out.extra = "text";
    return out;
}

template <template <class> class Serde>
void check_read_by_python(std::string const& form)
{
    auto const topic = cluster{}.make_topic("formats", 1);
    auto const encoded = [](auto const& value)
    {
        auto out = std::string{};
        Serde<std::remove_cvref_t<decltype(value)>>{}.encode(value, out);
        return out;
    };
    auto sender = producer{};
    sender.send(topic, {.key = encoded(std::string{"k"}), .value = encoded(an_order())});
    sender.send(topic, {.key = encoded(std::int64_t{-70'000}), .value = encoded(formats::order{})});
    sender.flush();
    auto reader = format_peer("read", {topic, form, "2"});
    BOOST_TEST(reader.line(60s).value_or("") ==
               R"('k' {'id': -3, 'item': "it's für 5 €", 'note': 'n', 'lines': [{'sku': 'a', 'count': 1}, )"
               R"({'sku': 'b', 'count': -200}], 'prices': {'eur': 1.5}, 'state': 'open', 'extra': 'text'})");
    BOOST_TEST(reader.line().value_or("") ==
               "-70000 {'id': 0, 'item': '', 'lines': [], 'prices': {}, 'state': 'open', 'extra': None}");
    BOOST_TEST(reader.wait() == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(formats_suite)

BOOST_AUTO_TEST_CASE(json_that_python_writes_is_read)
{
    auto const topic = cluster{}.make_topic("formats", 1);
    auto const count = written_by_python(topic, "json");
    auto const seen =
        consume_all(count, [&](engine& e, auto& all) { e.handle(topic, json<formats::order>{}, order_handler{all}); });
    check_order(seen.orders);
}

BOOST_AUTO_TEST_CASE(messagepack_that_python_writes_is_read)
{
    auto const topic = cluster{}.make_topic("formats", 1);
    auto const count = written_by_python(topic, "msgpack");
    auto const typed = consume_all(count, [&](engine& e, auto& all)
                                   { e.handle(topic, msgpack<formats::order>{}, order_handler{all}); });
    check_order(typed.orders);
    auto const any = msgpack<any_value>{};
    auto const seen = consume_all(count, [&](engine& e, auto& all) { e.handle(topic, any, any, again_handler{all}); });
    BOOST_TEST(seen.records == count);
    BOOST_TEST(seen.wrong.empty(), seen.wrong.front());
}

BOOST_AUTO_TEST_CASE(json_that_is_written_is_read_by_python)
{
    check_read_by_python<json>("json");
}

BOOST_AUTO_TEST_CASE(messagepack_that_is_written_is_read_by_python)
{
    check_read_by_python<msgpack>("msgpack");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::formats_test

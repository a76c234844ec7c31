// What handlers send, seen through testing.hpp.

#include <paperboy/testing.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <array>

namespace paperboy::sends_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::sent_log;
using testing::test_record;

struct doubling_handler
{
    topic_producer<text, integer<std::int64_t>> out;

    void on_message(record<std::string_view, std::int64_t> const& number)
    {
        auto const headers = std::array{header_view{"from", number.topic()}, header_view{"none", std::nullopt}};
        out.send(number, number.key(), 2 * number.value(),
                 {.partition = 7, .timestamp = number.timestamp(), .headers = headers});
    }

    void on_tombstone(keyed_record<std::string_view> const& gone) { out.send(gone, gone.key(), std::nullopt); }
};

struct forwarding_handler
{
    topic_producer<> out;

    void on_message(record_view const& record) { out.send(record, record.optional_key(), record.optional_value()); }
    void on_tombstone(record_view const& record) { on_message(record); }
};

struct awaiting_handler
{
    topic_producer<> out;
    std::vector<produced>& places;

    asio::awaitable<void> on_message(record_view const& record)
    {
        auto const value = std::string{record.value()} + "!";
        places.push_back(co_await out.async_send(std::nullopt, value, {.partition = 3}, asio::use_awaitable));
        places.push_back(co_await out.async_send("key", value, asio::use_awaitable));
    }
};

std::string encoded(std::int64_t value)
{
    auto bytes = std::string{};
    integer<std::int64_t>{}.encode(value, bytes);
    return bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sends_suite)

BOOST_AUTO_TEST_CASE(a_record_is_forwarded_with_its_nulls)
{
    auto log = sent_log{};
    static_cast<void>(
        testing::run(forwarding_handler{log.make_producer("copies")},
                     {{.key = "a", .value = "1"}, {.value = "2"}, {.key = "a"}, {.key = "", .value = ""}}));
    auto const sent = log.records();
    BOOST_REQUIRE(sent.size() == 4U);
    BOOST_TEST((sent[0].key == "a" && sent[0].value == "1"));
    BOOST_TEST((!sent[1].key && sent[1].value == "2"));
    BOOST_TEST((sent[2].key == "a" && !sent[2].value));
    BOOST_TEST((sent[3].key == "" && sent[3].value == ""));
}

BOOST_AUTO_TEST_CASE(keys_and_values_go_through_the_serdes)
{
    auto log = sent_log{};
    auto const result = testing::run(
        text{}, integer<std::int64_t>{},
        doubling_handler{log.make_producer("doubled", text{}, integer<std::int64_t>{})},
        {{.key = "a", .value = encoded(21), .offset = 5, .timestamp_ms = 1234}, {.value = encoded(1)}, {.key = "a"}});
    BOOST_TEST(result.finished == 3U);
    auto const sent = log.records();
    BOOST_REQUIRE(sent.size() == 3U);
    BOOST_TEST(sent[0].topic == "doubled");
    BOOST_TEST((sent[0].key == "a"));
    BOOST_TEST((sent[0].value == encoded(42)));
    BOOST_TEST((sent[0].partition == 7));
    BOOST_TEST(sent[0].timestamp_ms == 1234);
    BOOST_TEST((sent[0].headers == std::vector<std::pair<std::string, std::optional<std::string>>>{
                                       {"from", "test"}, {"none", std::nullopt}}));
    BOOST_TEST(sent[0].cause == 5);
    BOOST_TEST(!sent[1].key);
    BOOST_TEST(sent[1].timestamp_ms == -1);
    BOOST_TEST((sent[2].key == "a"));
    BOOST_TEST(!sent[2].value);
    BOOST_TEST(!sent[2].partition);
    BOOST_TEST(sent[2].cause == 7);
}

BOOST_AUTO_TEST_CASE(an_awaited_record_has_a_place)
{
    auto log = sent_log{};
    auto places = std::vector<produced>{};
    auto const result =
        testing::run(awaiting_handler{log.make_producer("out"), places}, {{.value = "a"}, {.value = "b"}});
    BOOST_TEST(result.committable == 2);
    BOOST_REQUIRE(places.size() == 4U);
    BOOST_TEST(places[2].partition == 3);
    BOOST_TEST(places[2].offset == 2);
    BOOST_TEST(places[3].partition == 0);
    BOOST_REQUIRE(log.records().size() == 4U);
    BOOST_TEST((log.records()[3].value == "b!"));
    BOOST_TEST((log.records()[3].key == "key"));
    BOOST_TEST(log.records()[3].cause == -1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::sends_test

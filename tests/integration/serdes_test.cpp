// Keys and values decoded from what another client wrote.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::test::serdes_test
{
namespace
{

// The bytes as Kafka's own LongSerializer writes 0x0102030405060708 and -2.
std::string const long_bytes{"\x01\x02\x03\x04\x05\x06\x07\x08", 8};
std::string const minus_two{"\xff\xff\xff\xff\xff\xff\xff\xfe", 8};

struct typed_handler
{
    journaling_handler journaling;
    std::vector<std::string>& lines;

    void on_message(record<std::string_view, std::int64_t> const& record)
    {
        lines.push_back(std::string{record.key().value_or("(none)")} + "=" + std::to_string(record.value()));
        journaling.on_message(record);
    }
    void on_tombstone(keyed_record<std::string_view> const& record)
    {
        lines.push_back(std::string{record.key().value_or("(none)")} + " deleted");
        journaling.on_message(record);
    }
    error_action on_error(std::exception_ptr const& error, record_view const& record)
    {
        lines.push_back(std::to_string(record.offset()) + ": " + describe(error));
        journaling.on_message(record);
        return error_action::skip;
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(serdes_decode_what_another_client_wrote_and_undecodable_records_reach_on_error)
{
    auto const topic = cluster{}.make_topic("serdes", 1);
    auto sender = producer{};
    sender.send(topic, {.key = "big", .value = long_bytes});
    sender.send(topic, {.value = minus_two});
    sender.send(topic, {.key = "", .value = std::nullopt});
    sender.send(topic, {.key = "short", .value = "1234"});
    sender.send(topic, {.key = "after", .value = minus_two});
    sender.flush();

    auto log = journal{};
    auto lines = std::vector<std::string>{};
    auto settings = test_config(unique_name("serdes"));
    settings.watcher = std::make_shared<journaling_observer>(log, "engine");
    auto engine =
        running_engine{"engine", std::move(settings), [&](auto& e)
                       { e.handle(topic, text{}, integer<std::int64_t>{}, typed_handler{{log, "engine"}, lines}); }};
    BOOST_TEST(log.await([&] { return log.finished_count() == 5; }));
    BOOST_TEST(!engine.stop());

    BOOST_TEST_REQUIRE(lines.size() == 5U);
    BOOST_TEST(lines[0] == "big=" + std::to_string(0x0102030405060708));
    BOOST_TEST(lines[1] == "(none)=-2");
    BOOST_TEST(lines[2] == " deleted");
    BOOST_TEST(lines[3].starts_with("3: "));
    BOOST_TEST(lines[4] == "after=-2");
    BOOST_TEST(engine->stats().skipped == 1U);
    BOOST_TEST(engine.logged("@3: decoding the value failed"));
    BOOST_TEST(log.violations() == "");
}

} // namespace paperboy::test::serdes_test

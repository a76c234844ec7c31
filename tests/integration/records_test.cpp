// What arrives is what was produced.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/test/unit_test.hpp>

#include <mutex>

namespace paperboy::test::records_test
{
namespace
{

// All that a record carries, as values that can be compared.
struct received
{
    std::int64_t offset = 0;
    outgoing record;
};

struct collecting_handler
{
    std::mutex& mutex;
    std::map<std::int32_t, std::vector<received>>& into;
    journaling_handler journaling;

    void on_message(record_view const& record) { keep(record, std::string{record.value()}); }
    void on_tombstone(record_view const& record) { keep(record, std::nullopt); }

private:
    void keep(record_view const& record, std::optional<std::string> value)
    {
        auto copy = outgoing{.partition = record.partition(), .value = std::move(value)};
        if (record.has_key())
            copy.key = std::string{record.key()};
        for (auto const& header : record.headers())
            copy.headers.emplace_back(header.name,
                                      header.value ? std::optional{std::string{*header.value}} : std::nullopt);
        copy.timestamp_ms = record.timestamp().value_or(timestamp{}).time_since_epoch().count();
        {
            auto const lock = std::scoped_lock{mutex};
            into[record.partition()].push_back({record.offset(), std::move(copy)});
        }
        journaling.on_message(record);
    }
};

// Every combination of null, empty and filled key and value, with and without headers, and some bytes that are no text.
outgoing make_record(std::int32_t partition, int number)
{
    auto const choices = std::array<std::optional<std::string>, 4>{
        std::nullopt, "", "text " + std::to_string(number), std::string{"\0\xff\n\x80", 4} + std::to_string(number)};
    auto record = outgoing{.partition = partition,
                           .key = choices[static_cast<std::size_t>(number) % 4],
                           .value = choices[static_cast<std::size_t>(number / 4) % 4],
                           .timestamp_ms = 1'700'000'000'000 + number};
    if (number % 3 == 1)
        record.headers = {{"name", "one"}, {"null", std::nullopt}, {"name", "two"}, {"empty", ""}};
    return record;
}

void check_equal(outgoing const& sent, outgoing const& got)
{
    BOOST_TEST((sent.key == got.key));
    BOOST_TEST((sent.value == got.value));
    BOOST_TEST((sent.headers == got.headers));
    BOOST_TEST(sent.timestamp_ms == got.timestamp_ms);
}

} // namespace

BOOST_AUTO_TEST_CASE(records_of_eight_partitions_arrive_complete_in_order_and_unchanged)
{
    constexpr auto partitions = 8;
    constexpr auto count = 2000;
    auto const topic = cluster{}.make_topic("records", partitions);
    auto sender = producer{};
    for (auto number = 0; number < count; ++number)
        for (auto partition = 0; partition < partitions; ++partition)
            sender.send(topic, make_record(partition, number));
    sender.flush();

    auto log = journal{};
    auto mutex = std::mutex{};
    auto got = std::map<std::int32_t, std::vector<received>>{};
    auto settings = test_config(unique_name("records"));
    settings.watcher = std::make_shared<journaling_observer>(log, "engine");
    auto engine = running_engine{"engine", std::move(settings),
                                 [&](auto& e) { e.handle(topic, collecting_handler{mutex, got, {log, "engine"}}); }, 2};
    BOOST_TEST(log.await([&] { return log.finished_count() == partitions * count; }));
    BOOST_TEST(!engine.stop());

    BOOST_TEST(got.size() == std::size_t{partitions});
    for (auto const& [partition, records] : got)
    {
        BOOST_TEST_REQUIRE(records.size() == std::size_t{count});
        for (auto number = 0; number < count; ++number)
        {
            auto const& each = records[static_cast<std::size_t>(number)];
            BOOST_TEST_REQUIRE(each.offset == number);
            check_equal(make_record(partition, number), each.record);
        }
    }
    BOOST_TEST(log.violations() == "");
    auto const stats = engine->stats();
    BOOST_TEST(stats.records == std::uint64_t{partitions * count});
    BOOST_TEST(stats.stray_records == 0U);
    BOOST_TEST(stats.missed_wakeups == 0U);
}

BOOST_AUTO_TEST_CASE(a_retained_record_outlives_its_engine)
{
    auto const topic = cluster{}.make_topic("retained", 1);
    auto sender = producer{};
    sender.send(topic, {.key = "key", .value = "value", .headers = {{"name", "header"}}});
    sender.flush();

    struct keeping_handler
    {
        std::optional<retained_record>& kept;
        journaling_handler journaling;

        void on_message(record_view const& record)
        {
            kept.emplace(record.retain());
            journaling.on_message(record);
        }
    };
    auto kept = std::optional<retained_record>{};
    {
        auto log = journal{};
        auto settings = test_config(unique_name("retained"));
        settings.watcher = std::make_shared<journaling_observer>(log, "engine");
        auto engine = running_engine{"engine", std::move(settings),
                                     [&](auto& e) { e.handle(topic, keeping_handler{kept, {log, "engine"}}); }};
        BOOST_TEST(log.await([&] { return log.finished_count() == 1; }));
        BOOST_TEST(!engine.stop());
    }
    BOOST_TEST_REQUIRE(kept.has_value());
    BOOST_TEST(kept->topic() == topic);
    BOOST_TEST(kept->key() == "key");
    BOOST_TEST(kept->value() == "value");
    BOOST_TEST(kept->headers()[0].name == "name");
}

} // namespace paperboy::test::records_test
